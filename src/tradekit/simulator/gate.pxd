from tradekit.simulator.book cimport Book
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.log cimport Log
from tradekit.simulator.market cimport Market

cdef class Gate:
    cdef Market market
    cdef Ledger ledger
    cdef Book book
    cdef Log log
    cdef Py_ssize_t size, row
    cdef int sizing
    cdef int[::1] kind, rule, action
    cdef double[::1] value, cap
    cdef const double[:, ::1] volatility
    cdef list checkers, symbols
    cdef object currency
    cdef readonly bint is_halted
    cdef readonly double peak
    cdef double equity, committed

    cdef void begin(self, Py_ssize_t row, double equity) noexcept nogil
    cdef double sized(self, Py_ssize_t i, double weight) noexcept nogil
    cdef int note_size(self, Py_ssize_t order, Py_ssize_t i, double quantity) except -1 nogil
    cdef double judge(self, Py_ssize_t order, Py_ssize_t i, double quantity, double price) except? -1.0 nogil
    cdef double reducing(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef double enforce(self, Py_ssize_t order, Py_ssize_t k, double quantity, double price) except? -1.0 nogil
    cdef double waiting(self, Py_ssize_t i, double quantity) noexcept nogil
    cdef void commit(self, Py_ssize_t i, double quantity, double price, int kind) noexcept nogil
    cdef Py_ssize_t note(self, Py_ssize_t order, Py_ssize_t k, double asked, double passed) except -1 nogil
    cdef int watch(self, Py_ssize_t row, double equity) except -1 nogil
    cdef int halt(self, Py_ssize_t row, int rule, double equity, double limit) except -1 nogil
    cdef double ask(self, Py_ssize_t order, Py_ssize_t k, double quantity) except? -1.0
