from tradekit.simulator.book cimport Book
from tradekit.simulator.funds cimport Funds
from tradekit.simulator.gate cimport Gate
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.log cimport Log
from tradekit.simulator.market cimport Market
from tradekit.simulator.venue cimport Venue

cdef class Matcher:
    cdef Market market
    cdef Gate gate
    cdef Ledger ledger
    cdef Funds funds
    cdef Venue venue
    cdef Book book
    cdef Log log
    cdef bint is_margin, cuts, on_touch

    cdef int match(self, Py_ssize_t row) except -1 nogil
    cdef int sweep(self, Py_ssize_t row, bint buys, bint at_open, int kind) except -1 nogil
    cdef double at_open(self, Py_ssize_t order, double price) noexcept nogil
    cdef double inside(self, Py_ssize_t order, double low, double high) noexcept nogil
    cdef int execute(self, Py_ssize_t order, Py_ssize_t row, double reference, bint at_open) except -1 nogil
    cdef double deliverable(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef int close_out(self, int i, Py_ssize_t row, double price, Py_ssize_t cause) except -1 nogil
    cdef Py_ssize_t record(self, Py_ssize_t order, Py_ssize_t row, double quantity, double price) except -1 nogil
    cdef int give_up(self, Py_ssize_t order, Py_ssize_t row, double left) except -1 nogil
