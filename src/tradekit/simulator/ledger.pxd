cimport cython
from tradekit.simulator.log cimport Log
from tradekit.simulator.venue cimport Venue

@cython.final
cdef class Ledger:
    cdef readonly Venue venue
    cdef Log log
    cdef Py_ssize_t cause, size, count, held
    cdef bint is_margin
    cdef double leverage, dearer
    cdef readonly double capital, realised, fees, carried
    cdef public double slippage
    cdef double[::1] cash, rate
    cdef const double[::1] first, first_cash
    cdef const long long[::1] source, settles
    cdef const signed char[::1] is_inverse, is_margined
    cdef signed char[::1] is_off_grid
    cdef const double[::1] multiplier, tied
    cdef double[::1] unit, position, average, basis, last, flow
    cdef long long[::1] priced
    cdef double[:, ::1] balances, rates

    cdef int renew(self) except -1
    cdef double total_cash(self) noexcept nogil
    cdef double equity(self) noexcept nogil
    cdef double gross(self) noexcept nogil
    cdef double tied_up(self) noexcept nogil
    cdef double worth(self, Py_ssize_t i) noexcept nogil
    cdef double balance(self, Py_ssize_t i) noexcept nogil
    cdef double reducing(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef void revalue(self) noexcept nogil
    cdef void keep(self, Py_ssize_t row) noexcept nogil
    cdef int apply(self, Py_ssize_t i, double quantity, double price, double fee) except -1 nogil
    cdef int report(self, Py_ssize_t i, double quantity, double price, double fee, double units) except -1 nogil
    cdef double trade(self, Py_ssize_t i, double quantity, double price, double after) noexcept nogil
    cdef double settled(self, Py_ssize_t i, double after, double traded) noexcept nogil
    cdef double sell_out(self, Py_ssize_t i, double quantity, double price, double after) noexcept nogil
    cdef void split(self, Py_ssize_t i, double ratio) noexcept nogil
    cdef int pay(self, int kind, Py_ssize_t i, Py_ssize_t currency, double amount) except -1 nogil
    cdef int note_cash(self, int kind, Py_ssize_t i, Py_ssize_t currency, double amount) except -1 nogil
    cdef int cover(self) except -1 nogil

cdef int convert(Ledger ledger, Py_ssize_t paid, Py_ssize_t bought) except -1 nogil
