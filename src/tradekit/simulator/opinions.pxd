cimport cython
from tradekit.simulator.book cimport Book
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.market cimport Market

@cython.final
cdef class Opinions:
    cdef Market market
    cdef Ledger ledger
    cdef Book book
    cdef list symbols
    cdef object currency, account, shown, positions, prices, times
    cdef dict terms
    cdef Py_ssize_t row
    cdef long long judged

    cdef tuple ask(self, object checker, Py_ssize_t order, double quantity, double equity, Py_ssize_t row)
    cpdef object as_order(self, Py_ssize_t order, double quantity)
    cdef object snapshot(self, double equity, Py_ssize_t row)
    cdef int value(self, Py_ssize_t row) except -1
    cdef double trailing(self, Py_ssize_t order) noexcept

cdef object made(object kind, tuple names, tuple values)
