cimport cython
from tradekit.simulator.book cimport Book
from tradekit.simulator.conditions cimport Conditions

@cython.final
cdef class Links:
    cdef Book book
    cdef Conditions conditions

    cdef int hand_over(self, Py_ssize_t old, Py_ssize_t new) except -1 nogil
    cdef int hand_children_over(self, Py_ssize_t row, Py_ssize_t new) except -1 nogil
    cdef int hand_peers_over(self, Py_ssize_t old, Py_ssize_t new) except -1 nogil
    cdef bint is_between(self, Py_ssize_t order, Py_ssize_t first, Py_ssize_t end) noexcept nogil
    cdef Py_ssize_t before(self, Py_ssize_t order) noexcept nogil
    cdef int substitute(self, Py_ssize_t parent, Py_ssize_t old, Py_ssize_t new) except -1 nogil
