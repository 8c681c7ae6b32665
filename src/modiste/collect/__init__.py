"""Getting a data set into shape: fetching, searching, checking, cleaning and balancing."""
