cimport cython
from tradekit.simulator.conditions cimport Conditions

@cython.final
cdef class Queueing:
    cdef Conditions conditions
    cdef int model
    cdef double power

    cpdef void join(self, Py_ssize_t row, double level) noexcept nogil
    cpdef void trade(self, Py_ssize_t row, double used, double size) noexcept nogil
    cpdef void change(self, Py_ssize_t row, double level) noexcept nogil
    cdef double share_ahead(self, double ahead, double behind) noexcept nogil
    cdef double weight(self, double units) noexcept nogil
