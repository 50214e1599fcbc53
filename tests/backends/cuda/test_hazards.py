"""What of the work of a simulated device is in conflict."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lazydag.backends.cuda.hazards import Touch, touch_of_operand
from lazydag.backends.cuda.touched import Operand
from lazydag.runtime import Mode
from lazydag.runtime.alias import Region

SIDE = 12
slices = st.tuples(st.integers(0, 8), st.integers(1, 4)).map(
    lambda each: slice(each[0], each[0] + each[1])
)


@given(slices, slices, slices, slices)
def test_tiles_of_a_matrix_are_in_conflict_where_they_overlap(a, b, c, d):
    matrix = np.zeros((SIDE, SIDE))
    start = matrix.ctypes.data
    regions = Region.of(matrix[a, b]), Region.of(matrix[c, d])
    one, other = (
        touch_of_operand(
            Operand(0, r.start - start, r.span()[1] - start, Mode.INOUT, r.axes), start
        )
        for r in regions
    )
    matrix[a, b] += 1
    matrix[c, d] += 1
    assert one.meets(other) == other.meets(one) == bool((matrix == 2).any())
    assert one.meets(Touch(start, start + matrix.nbytes, writes=False))
