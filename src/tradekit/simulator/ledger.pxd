cimport cython
from tradekit.simulator.venue cimport Venue

@cython.final
cdef class Ledger:
    cdef readonly Venue venue
    cdef Py_ssize_t size
    cdef bint is_margin
    cdef double leverage
    cdef readonly double cash, realised, fees, slippage
    cdef double[::1] position, average, last

    cdef double equity(self) noexcept nogil
    cdef double gross(self) noexcept nogil
    cdef double reducing(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef double affordable(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cdef double affordable_on_margin(self, Py_ssize_t i, double quantity, double price) noexcept nogil
    cdef void apply(self, Py_ssize_t i, double quantity, double price, double fee) noexcept nogil
