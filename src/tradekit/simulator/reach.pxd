cimport cython
from tradekit.simulator.conditions cimport Conditions
from tradekit.simulator.book cimport Book
from tradekit.simulator.market cimport Prices
from tradekit.simulator.venue cimport Venue

@cython.final
cdef class Reach:
    cdef Book book
    cdef Conditions conditions
    cdef Prices prices
    cdef Venue venue
    cdef bint on_touch, has_queue

    cdef bint is_favourable(self, Py_ssize_t order) noexcept nogil
    cdef double in_auction(self, Py_ssize_t order, double price) noexcept nogil
    cdef double level(self, Py_ssize_t order) noexcept nogil
    cdef double at_price(self, Py_ssize_t order, double price) noexcept nogil
    cdef double reached(self, Py_ssize_t order, double low, double high, bint is_print) noexcept nogil
    cdef double inside(self, Py_ssize_t order, Py_ssize_t k, Py_ssize_t i) noexcept nogil
    cdef double at_birth(self, Py_ssize_t order, Py_ssize_t k, Py_ssize_t i) noexcept nogil
    cdef double no_better(self, Py_ssize_t order, double price, Py_ssize_t k, Py_ssize_t i) noexcept nogil
    cdef double between(self, Py_ssize_t order, double here, double end, bint is_print) noexcept nogil
    cdef bint may_wait(self, Py_ssize_t order) noexcept nogil
    cdef bint follows(self, Py_ssize_t order, int aside) noexcept nogil
    cdef void follow_open(self, Py_ssize_t k) noexcept nogil
    cdef void follow_to(self, Py_ssize_t i, double price) noexcept nogil
    cdef void follow(self, Py_ssize_t k, bint has_path) noexcept nogil
    cdef void advance_mark(self, Py_ssize_t order, double low, double high) noexcept nogil
    cdef bint is_nearer(self, Py_ssize_t order, double price, Py_ssize_t best, double best_price, double here) noexcept nogil
