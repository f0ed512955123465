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
    cdef object currency, account, shown
    cdef dict terms
    cdef long long judged

    cdef double trailing(self, Py_ssize_t order) noexcept
