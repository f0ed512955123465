cimport cython
from tradekit.simulator.ledger cimport Ledger

@cython.final
cdef class Shares:
    cdef Ledger ledger
    cdef readonly Py_ssize_t count, size
    cdef readonly list names
    cdef readonly double[::1] capital
    cdef double[::1] equity, peak
    cdef long long[::1] warmup
    cdef signed char[::1] is_halted, is_carried_out
    cdef double[:, ::1] kept

    cdef int renew(self) except -1
    cdef Py_ssize_t of(self, Py_ssize_t i) noexcept nogil
    cpdef double cash(self, Py_ssize_t k) noexcept nogil
    cdef double worth(self, Py_ssize_t k) noexcept nogil
    cdef double tied_up(self, Py_ssize_t k) noexcept nogil
    cdef void resume(self) noexcept nogil
    cdef void mark(self, Py_ssize_t row) noexcept nogil
