cimport cython
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.log cimport Log
from tradekit.simulator.market cimport Market

@cython.final
cdef class Carry:
    cdef Market market
    cdef Ledger ledger
    cdef Log log
    cdef const long long[::1] row
    cdef const int[::1] instrument, kind
    cdef const double[::1] value, price, borrow_rate
    cdef const long long[::1] opening, closing, days
    cdef const signed char[::1] is_whole
    cdef Py_ssize_t opened, closed, day
    cdef long long opening_row, closing_row, accrued
    cdef double interest_rate, loan_rate
    cdef bint has_shorts

    cdef int renew(self) except -1
    cdef long long row_of(self, Py_ssize_t k) noexcept nogil
    cdef Py_ssize_t take(self, Py_ssize_t row) except -2 nogil
    cdef int at_close(self, Py_ssize_t row) except -1 nogil
    cdef int split(self, Py_ssize_t k) except -1 nogil
    cdef double whole(self, Py_ssize_t i, double held) noexcept nogil
    cdef int dividend(self, Py_ssize_t k) except -1 nogil
    cdef int delist(self, Py_ssize_t k) except -1 nogil
    cdef int note_action(self, Py_ssize_t k) except -1 nogil
    cdef int fund(self, Py_ssize_t k) except -1 nogil
    cdef int accrue(self, Py_ssize_t row) except -1 nogil
    cdef int pay_interest(self, Py_ssize_t c, double years) except -1 nogil
    cdef int pay_borrowing(self, Py_ssize_t i, double years) except -1 nogil
