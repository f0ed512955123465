cimport cython
from tradekit.simulator.context cimport Context
from tradekit.simulator.simulation cimport Simulation

@cython.locals(done=Py_ssize_t, n=Py_ssize_t, row=Py_ssize_t, due=Py_ssize_t, i=Py_ssize_t, weight=double)
cdef int advance_to(
    Simulation simulation, const double[:, ::1] targets, const long long[::1] rows, Py_ssize_t start, Py_ssize_t stop
) except -1 nogil
cdef bint is_quiet(Simulation simulation, Py_ssize_t row) noexcept nogil
@cython.locals(end=Py_ssize_t, row=Py_ssize_t)
cdef Py_ssize_t coast(Simulation simulation, Py_ssize_t start, Py_ssize_t stop) noexcept nogil
@cython.locals(cash=double, held=double, basis=double, unit=double, peak=double, row=Py_ssize_t)
cdef Py_ssize_t glide(Simulation simulation, Py_ssize_t start, Py_ssize_t end) noexcept nogil
@cython.locals(row=Py_ssize_t)
cdef void value(
    const double[::1] close, double[::1] equity, double cash, double held, double basis, double unit
) noexcept nogil
cdef Py_ssize_t coast_over_holes(Simulation simulation, Py_ssize_t start, Py_ssize_t end) noexcept nogil
cdef void stand_at(Simulation simulation, Py_ssize_t row) noexcept nogil
cdef Py_ssize_t quiet_until(Simulation simulation, Py_ssize_t stop) noexcept nogil
cpdef run_targets(Simulation simulation, object targets, object start, object stop, object rows=*)
cpdef run_events(Context context, object on_bar, object start, object stop, object listener=*)
cdef check_rows(Simulation simulation, object start, object stop)
