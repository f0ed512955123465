cimport cython
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.shares cimport Shares

@cython.final
cdef class Funds:
    cdef Ledger ledger
    cdef Shares shares

    cdef double affordable(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cdef double in_cash(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cdef double available(self, Py_ssize_t currency) noexcept nogil
    cdef double on_margin(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cdef double room(self, Py_ssize_t i, double price, double reducing, double others, double equity) noexcept nogil
