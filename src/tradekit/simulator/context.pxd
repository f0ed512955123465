cimport cython
from tradekit.simulator.desk cimport Desk
from tradekit.simulator.simulation cimport Simulation

@cython.final
cdef class View:
    cdef Simulation simulation
    cdef Desk desk
    cdef int index
    cdef Py_ssize_t share
    cdef readonly str symbol
    cdef dict names
    cdef object last_name, other_name, shown
    cdef int last_code, other_code
    cdef const double[:, :, ::1] values

    cdef int code(self, object name) except -100
    cdef double at(self, int code, Py_ssize_t row) noexcept
    cdef double raw(self, const double[:, ::1] column) noexcept
    cdef bint crosses(self, object first, object second, double side) except -1

@cython.final
cdef class Context:
    cdef readonly Simulation simulation
    cdef Desk desk
    cdef readonly tuple instruments, parts
    cdef tuple views
    cdef View only
    cdef object bars, seed, generator, net
    cdef dict by_symbol, period_starts
    cdef signed char[::1] shown
    cdef Py_ssize_t warmup, size, row, share
    cdef bint is_on_ticks

    cdef int show_depths(self, object depths) except -1
    cpdef bint refresh(self, Py_ssize_t row) except -1
