cimport cython
from tradekit.simulator.conditions cimport Conditions
from tradekit.simulator.book cimport Book
from tradekit.simulator.lifecycle cimport Lifecycle
from tradekit.simulator.log cimport Log
from tradekit.simulator.market cimport Market, Prices
from tradekit.simulator.venue cimport Venue

@cython.final
cdef class Timing:
    cdef Market market
    cdef Venue venue
    cdef Prices prices
    cdef Lifecycle lifecycle
    cdef Book book
    cdef Conditions conditions
    cdef Log log
    cdef const long long[::1] first
    cdef bint has_finer, has_sessions
    cdef Py_ssize_t row
    cdef object setup
    cdef const int[:, ::1] session
    cdef const signed char[:, ::1] last
    cdef const int[::1] calendar

    cpdef use_sessions(self)
    cdef bint is_last(self, Py_ssize_t row) noexcept nogil
    cdef bint opens(self, Py_ssize_t order, Py_ssize_t k) noexcept nogil
    cdef bint closes(self, Py_ssize_t order, Py_ssize_t row) noexcept nogil
    cdef int begin(self, Py_ssize_t k, Py_ssize_t row) except -1 nogil
    cdef int last_a_day(self, Py_ssize_t order) except -1 nogil
    cdef bint pass_time(self, Py_ssize_t order, long long now) except -1 nogil
    cdef int replace(self, Py_ssize_t order) except -1 nogil
    cdef int go_on(self, Py_ssize_t k) except -1 nogil
    cdef double on_the_way(self, Py_ssize_t order, Py_ssize_t k, double part) noexcept nogil
    cdef bint has_had_its_chance(self, Py_ssize_t order, Py_ssize_t k) noexcept nogil
    cdef int expire(self, Py_ssize_t k, bint is_over) except -1 nogil
