cimport cython
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.log cimport Log
from tradekit.simulator.market cimport Prices

@cython.final
cdef class Margin:
    cdef Prices prices
    cdef Ledger ledger
    cdef Log log
    cdef const double[::1] maintenance, fee_rate
    cdef double share, equity, needed

    cdef int renew(self) except -1
    cdef bint check(self, Py_ssize_t k) noexcept nogil
    cdef double worst(self, Py_ssize_t i, Py_ssize_t k) noexcept nogil
    cdef double opening(self, Py_ssize_t i, Py_ssize_t k) noexcept nogil
    cdef double close_price(self, Py_ssize_t i, Py_ssize_t k) noexcept nogil
    cdef Py_ssize_t begin(self, Py_ssize_t k) except -1 nogil
    cdef double penalty(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cdef int charge(self, Py_ssize_t i, double quantity, double price) except -1 nogil
