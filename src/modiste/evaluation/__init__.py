"""Judging a system by its predictions table: metrics, intervals, calibration, thresholds, protocols, reports."""

from modiste.evaluation.answers import (
    MultiAnswers,
    SingleAnswers,
    align_answers,
    encode_multi_labels,
    encode_single_labels,
)
from modiste.evaluation.averages import AVERAGES, Average, average_classes, average_values, score_hierarchy
from modiste.evaluation.baselines import answer_majority, answer_majority_given_parent, answer_majority_multi
from modiste.evaluation.bootstrap import (
    bootstrap_interval,
    bootstrap_macro_f1,
    bootstrap_mean,
    bootstrap_micro_f1,
    bootstrap_sums,
    paired_difference,
)
from modiste.evaluation.calibration import (
    CalibrationBin,
    DoubtThreshold,
    choose_doubt_threshold,
    expected_calibration_error,
    fit_multi_temperature,
    fit_temperature,
    fit_two_temperatures,
    list_calibration_bins,
)
from modiste.evaluation.comparison import (
    Comparison,
    compare_five_by_two,
    compare_hits,
    corrected_t_interval,
    t_interval,
)
from modiste.evaluation.coverage import (
    CoverageCurve,
    PrecisionRecall,
    precision_recall_curve,
    risk_coverage_curve,
)
from modiste.evaluation.ensembles import average_predictions
from modiste.evaluation.history import HISTORY_FILE, Epoch, add_epoch, read_history, sum_seconds
from modiste.evaluation.intervals import Interval, share_interval, wilson_interval
from modiste.evaluation.judgements import Judgement, count_verdicts, read_judgement
from modiste.evaluation.judging import ALL_CLASSES, ALL_ROWS, UNSEEN_ROWS, Part, describe_rows, judge, select_part
from modiste.evaluation.leaks import find_unseen
from modiste.evaluation.metrics import (
    ClassScores,
    accuracy,
    balanced_accuracy,
    confusion_matrix,
    exact_match,
    macro_f1,
    mean_accuracy,
    score_classes,
    top_k_accuracy,
)
from modiste.evaluation.multilabel import (
    MultiScores,
    average_precision,
    mean_average_precision,
    multilabel_macro_f1,
    score_at_k,
    score_values,
)
from modiste.evaluation.openings import OPENINGS_FILE, Opening, find_openings_file, is_sealed, record_opening
from modiste.evaluation.pairing import ALL_FIELDS, PairedField, compare_predictions, render_pairing
from modiste.evaluation.predict import PredictionRun, predict_items
from modiste.evaluation.predictions import PREDICTION_SCHEMA, Predictions, read_predictions
from modiste.evaluation.protocol import (
    Protocol,
    Published,
    apply_split,
    find_split_file,
    list_protocols,
    load_protocol,
)
from modiste.evaluation.rendering import (
    render_details,
    render_evaluation,
    render_protocol,
    render_table,
    render_targets,
)
from modiste.evaluation.report import DETAILS, Report, Section, list_sections, write_report
from modiste.evaluation.results import Evaluation, MultiResult, SingleResult, WholeResult
from modiste.evaluation.retrieval import RetrievalScores, rank_gallery, score_rankings, score_retrieval
from modiste.evaluation.scoring import Grouping, score_predictions
from modiste.evaluation.seen import Seen, check_unseen, find_seen, mark_items
from modiste.evaluation.side_by_side import Candidate, list_candidates, list_comparison
from modiste.evaluation.split_rule import SplitRule, apply_rule, hash_rows
from modiste.evaluation.targets import Target, check_targets
from modiste.evaluation.thresholds import choose_f1_threshold, choose_f1_thresholds
from modiste.evaluation.verdicts import VALUE_SEPARATOR, VERDICT_SCHEMA, list_verdicts
from modiste.splits import digest_pictures, group_rows

__all__ = [
    "ALL_CLASSES",
    "ALL_FIELDS",
    "ALL_ROWS",
    "AVERAGES",
    "DETAILS",
    "HISTORY_FILE",
    "OPENINGS_FILE",
    "PREDICTION_SCHEMA",
    "UNSEEN_ROWS",
    "VALUE_SEPARATOR",
    "VERDICT_SCHEMA",
    "Average",
    "CalibrationBin",
    "Candidate",
    "ClassScores",
    "Comparison",
    "CoverageCurve",
    "DoubtThreshold",
    "Epoch",
    "Evaluation",
    "Grouping",
    "Interval",
    "Judgement",
    "MultiAnswers",
    "MultiResult",
    "MultiScores",
    "Opening",
    "PairedField",
    "Part",
    "PrecisionRecall",
    "PredictionRun",
    "Predictions",
    "Protocol",
    "Published",
    "Report",
    "RetrievalScores",
    "Section",
    "Seen",
    "SingleAnswers",
    "SingleResult",
    "SplitRule",
    "Target",
    "WholeResult",
    "accuracy",
    "add_epoch",
    "align_answers",
    "answer_majority",
    "answer_majority_given_parent",
    "answer_majority_multi",
    "apply_rule",
    "apply_split",
    "average_classes",
    "average_precision",
    "average_predictions",
    "average_values",
    "balanced_accuracy",
    "bootstrap_interval",
    "bootstrap_macro_f1",
    "bootstrap_mean",
    "bootstrap_micro_f1",
    "bootstrap_sums",
    "check_targets",
    "check_unseen",
    "choose_doubt_threshold",
    "choose_f1_threshold",
    "choose_f1_thresholds",
    "compare_five_by_two",
    "compare_hits",
    "compare_predictions",
    "confusion_matrix",
    "corrected_t_interval",
    "count_verdicts",
    "describe_rows",
    "digest_pictures",
    "encode_multi_labels",
    "encode_single_labels",
    "exact_match",
    "expected_calibration_error",
    "find_openings_file",
    "find_seen",
    "find_split_file",
    "find_unseen",
    "fit_multi_temperature",
    "fit_temperature",
    "fit_two_temperatures",
    "group_rows",
    "hash_rows",
    "is_sealed",
    "judge",
    "list_calibration_bins",
    "list_candidates",
    "list_comparison",
    "list_protocols",
    "list_sections",
    "list_verdicts",
    "load_protocol",
    "macro_f1",
    "mark_items",
    "mean_accuracy",
    "mean_average_precision",
    "multilabel_macro_f1",
    "paired_difference",
    "precision_recall_curve",
    "predict_items",
    "rank_gallery",
    "read_history",
    "read_judgement",
    "read_predictions",
    "record_opening",
    "render_details",
    "render_evaluation",
    "render_pairing",
    "render_protocol",
    "render_table",
    "render_targets",
    "risk_coverage_curve",
    "score_at_k",
    "score_classes",
    "score_hierarchy",
    "score_predictions",
    "score_rankings",
    "score_retrieval",
    "score_values",
    "select_part",
    "share_interval",
    "sum_seconds",
    "t_interval",
    "top_k_accuracy",
    "wilson_interval",
    "write_report",
]
