cimport cython
from tradekit.simulator.simulation cimport Simulation

@cython.final
cdef class Desk:
    cdef Simulation simulation
    cdef list symbols
    cdef object queue_ahead
    cdef Py_ssize_t first, end
    cdef bint is_sized, has_depth
