cimport cython
from tradekit.simulator.book cimport Book
from tradekit.simulator.conditions cimport Conditions
from tradekit.simulator.depth_matching cimport DepthMatcher
from tradekit.simulator.lifecycle cimport Lifecycle
from tradekit.simulator.log cimport Log
from tradekit.simulator.timing cimport Timing

@cython.final
cdef class Arrivals:
    cdef DepthMatcher matcher
    cdef Book book
    cdef Conditions conditions
    cdef Lifecycle lifecycle
    cdef Timing timing
    cdef Log log
    cdef long long next_due

    cdef int begin_row(self, Py_ssize_t row) except -1
    cdef int schedule(self) except -1
    cdef long long due_time(self, Py_ssize_t order) noexcept
    cdef int pass_due(self) except -1
