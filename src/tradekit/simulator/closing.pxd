cimport cython
from tradekit.simulator.book cimport Book
from tradekit.simulator.due cimport Due
from tradekit.simulator.filling cimport Filler
from tradekit.simulator.lifecycle cimport Lifecycle
from tradekit.simulator.log cimport Log
from tradekit.simulator.market cimport Prices
from tradekit.simulator.reach cimport Reach
from tradekit.simulator.timing cimport Timing

@cython.final
cdef class Closing:
    cdef Timing timing
    cdef Reach reach
    cdef Filler filler
    cdef Lifecycle lifecycle
    cdef Book book
    cdef Log log
    cdef Prices prices
    cdef bint has_finer
    cdef const long long[::1] first
    cdef Due due
    cdef int[::1] there

    cdef int match(self, Py_ssize_t row) except -1 nogil
    cdef int match_side(self, Py_ssize_t row, bint is_buy) except -1 nogil
    cdef bint is_for(self, Py_ssize_t order, bint is_buy, Py_ssize_t row) noexcept nogil
    cdef double price(self, Py_ssize_t order, Py_ssize_t row) noexcept nogil
    cdef Py_ssize_t last_bar(self, Py_ssize_t i, Py_ssize_t row) noexcept nogil
