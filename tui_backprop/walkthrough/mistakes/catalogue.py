"""All mistakes that can be planted and named."""

from collections.abc import Mapping

from tui_backprop.walkthrough.mistakes.activations import (
    IN_PLACE_DOUT,
    MASK_ON_DOUT,
    NO_LOCAL,
    NO_MASK,
    SIGMOID_OF_X,
)
from tui_backprop.walkthrough.mistakes.at_the_scores import (
    EXP_LOCAL,
    MEAN_TWICE,
    NO_MEAN,
    ONE_HOT_BROADCAST,
    SIGN,
    SOFTMAX_JACOBIAN,
    SOFTMAX_WHOLE_BATCH,
)
from tui_backprop.walkthrough.mistakes.mistake import Mistake
from tui_backprop.walkthrough.mistakes.other_layers import (
    BATCHNORM_CONSTANT,
    COL2IM_OVERWRITE,
    DROPOUT_REDRAWN,
    POOL_ALL_TIES,
)
from tui_backprop.walkthrough.mistakes.updates import ASCENT, ETA_TWICE
from tui_backprop.walkthrough.mistakes.weights import (
    BIAS_ALL,
    BIAS_MEAN,
    LAST_SAMPLE,
    NO_TRANSPOSE,
    NOT_ZEROED,
    STALE_X,
    TIMES_TWO,
    UPDATED_WEIGHT,
)
from tui_backprop.walkthrough.mistakes.whole_gradients import (
    DECAY_DOUBLE,
    DECAY_MISSING,
    OVERWRITE_AT_FORK,
)

MISTAKES: tuple[Mistake, ...] = (
    NO_MEAN,
    MEAN_TWICE,
    SIGN,
    SOFTMAX_JACOBIAN,
    SOFTMAX_WHOLE_BATCH,
    EXP_LOCAL,
    ONE_HOT_BROADCAST,
    NO_MASK,
    MASK_ON_DOUT,
    IN_PLACE_DOUT,
    SIGMOID_OF_X,
    NO_LOCAL,
    BIAS_MEAN,
    BIAS_ALL,
    LAST_SAMPLE,
    OVERWRITE_AT_FORK,
    NOT_ZEROED,
    NO_TRANSPOSE,
    UPDATED_WEIGHT,
    STALE_X,
    DECAY_MISSING,
    DECAY_DOUBLE,
    TIMES_TWO,
    DROPOUT_REDRAWN,
    BATCHNORM_CONSTANT,
    POOL_ALL_TIES,
    COL2IM_OVERWRITE,
    ASCENT,
    ETA_TWICE,
)

MISTAKE_BY_KEY: Mapping[str, Mistake] = {mistake.key: mistake for mistake in MISTAKES}
