cimport cython
from tradekit.simulator.book cimport Book

@cython.final
cdef class Due:
    cdef Book book
    cdef Py_ssize_t count
    cdef int[::1] order
    cdef double[::1] price, rank

    cdef int clear(self, Py_ssize_t size) except -1 nogil
    cdef void insert(self, int order, double price) noexcept nogil
