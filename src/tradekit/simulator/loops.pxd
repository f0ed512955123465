from tradekit.simulator.context cimport Context
from tradekit.simulator.simulation cimport Simulation

cdef int advance_to(Simulation simulation, const double[:, ::1] targets, Py_ssize_t start, Py_ssize_t stop) except -1 nogil
cdef bint is_quiet(Simulation simulation, Py_ssize_t row) noexcept nogil
cdef Py_ssize_t decision_after(const double[:, ::1] targets, Py_ssize_t start, Py_ssize_t stop) noexcept nogil
cdef Py_ssize_t coast(Simulation simulation, Py_ssize_t start, Py_ssize_t stop) noexcept nogil
cdef void stand_at(Simulation simulation, Py_ssize_t row) noexcept nogil
cdef Py_ssize_t quiet_until(Simulation simulation, Py_ssize_t stop) noexcept nogil
cpdef run_targets(Simulation simulation, object targets, object start, object stop)
cpdef run_events(Context context, object on_bar, object start, object stop, object listener=*)
cdef check_rows(Simulation simulation, object start, object stop)
