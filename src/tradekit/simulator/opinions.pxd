cimport cython
from tradekit.simulator.book cimport Book
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.shares cimport Shares

@cython.final
cdef class Opinions:
    cdef Ledger ledger
    cdef Book book
    cdef Shares shares
    cdef Py_ssize_t share
    cdef list symbols
    cdef object currency, account, shown, positions, prices, times
    cdef dict terms
    cdef tuple latest
    cdef bint has_valued
    cdef long long judged

    cdef int renew(self) except -1
    cdef int remember(self, Py_ssize_t order, object terms, object bracket) except -1
    cdef tuple ask(self, object checker, Py_ssize_t order, double quantity, Py_ssize_t share, double equity, long long now)
    cdef tuple holding(self, Py_ssize_t i)
    cdef bint is_shown(self, Py_ssize_t i) noexcept nogil
    cpdef object as_order(self, Py_ssize_t order, double quantity)
    cdef object snapshot(self, double equity, long long now)
    cdef int value(self) except -1
    cdef double trailing(self, Py_ssize_t order) noexcept

cdef object made(object kind, tuple names, tuple values)
