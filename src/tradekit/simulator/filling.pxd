cimport cython
from tradekit.simulator.conditions cimport Conditions
from tradekit.simulator.book cimport Book
from tradekit.simulator.funds cimport Funds
from tradekit.simulator.gate cimport Gate
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.lifecycle cimport Lifecycle
from tradekit.simulator.log cimport Log
from tradekit.simulator.margin cimport Margin
from tradekit.simulator.market cimport Prices
from tradekit.simulator.venue cimport Venue

@cython.final
cdef class Filler:
    cdef Prices prices
    cdef Gate gate
    cdef Lifecycle lifecycle
    cdef Ledger ledger
    cdef Funds funds
    cdef Venue venue
    cdef Book book
    cdef Conditions conditions
    cdef Log log
    cdef bint is_margin, cuts
    cdef double participation, queue_ahead
    cdef signed char[::1] has_volume
    cdef double[::1] taken
    cdef long long[::1] taken_bar

    cdef int renew(self) except -1
    cdef int execute(self, Py_ssize_t order, Py_ssize_t k, double reference, int place, double most) except -1 nogil
    cdef double on_offer(self, Py_ssize_t order, Py_ssize_t k, double left, double most) noexcept nogil
    cdef double behind_queue(self, Py_ssize_t order, Py_ssize_t k, double price) noexcept nogil
    cdef double room(self, Py_ssize_t i, Py_ssize_t k) noexcept nogil
    cdef double shown(self, Py_ssize_t order, Py_ssize_t k) noexcept nogil
    cdef void hide(self, Py_ssize_t order, double size) noexcept nogil
    cdef double taken_at(self, Py_ssize_t order, Py_ssize_t k, double size, double reference) noexcept nogil
    cdef double bounded(self, Py_ssize_t order, double price) noexcept nogil
    cdef double deliverable(self, Py_ssize_t order, Py_ssize_t i, double size) noexcept nogil
    cdef int undeliverable(self, Py_ssize_t order, double size) noexcept nogil
    cdef int record(self, Py_ssize_t order, Py_ssize_t k, double size, double reference, double price, int place) except -1 nogil
    cdef int go_on(self, Py_ssize_t order, double size, int reason) except -1 nogil
    cdef int give_up(self, Py_ssize_t order, int reason) except -1 nogil
    cdef int refuse(self, Py_ssize_t order, int status, int reason) except -1 nogil
    cdef int liquidate(self, Margin margin, Py_ssize_t k) except -1 nogil
    cdef int close_out(self, Py_ssize_t i, double price, Py_ssize_t cause) except -1 nogil
