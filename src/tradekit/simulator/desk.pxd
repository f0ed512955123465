cimport cython
from tradekit.simulator.simulation cimport Simulation

@cython.final
cdef class Desk:
    cdef Simulation simulation
    cdef list symbols
    cdef object queue_ahead, terms
    cdef Py_ssize_t first, end
    cdef bint is_sized, has_depth, is_bound
    cdef int flags

    cdef Py_ssize_t market(self, int i, double side, object quantity) except -1
    cdef Py_ssize_t submit(self, int i, double side, object quantity, tuple prices, object bracket, object terms) except -1
    cdef int read_terms(self, object terms) except -1
    cdef int check_surroundings(self, int i, object terms) except -1
    cdef bint is_known(self, object order) except -1
    cdef int queue_up(self, Py_ssize_t order) except -1
    cdef double size(self, int i, object quantity) except? -1.0
    cdef int set_prices(self, Py_ssize_t order, tuple prices) except -1
    cdef int set_trail(self, Py_ssize_t order, object trail) except -1
    cdef int set_terms(self, Py_ssize_t order, object terms) except -1
    cdef int add_exits(self, Py_ssize_t order, double side, object bracket) except -1
    cdef Py_ssize_t add_exit(self, Py_ssize_t entry, double side, int kind, tuple prices) except -1
    cdef int adopt(self, Py_ssize_t parent, Py_ssize_t child) except -1
    cdef int link(self, object orders) except -1
    cdef Py_ssize_t replace(self, object order, object quantity, tuple prices) except -1
    cdef Py_ssize_t alive(self, object order) except -1
