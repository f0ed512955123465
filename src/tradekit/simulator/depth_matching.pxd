cimport cython
from tradekit.simulator.book cimport Book
from tradekit.simulator.conditions cimport Conditions
from tradekit.simulator.depth cimport Depth, Ladder
from tradekit.simulator.due cimport Due
from tradekit.simulator.filling cimport Filler
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.lifecycle cimport Lifecycle
from tradekit.simulator.log cimport Log
from tradekit.simulator.margin cimport Margin
from tradekit.simulator.queueing cimport Queueing
from tradekit.simulator.reach cimport Reach
from tradekit.simulator.simulation cimport Simulation
from tradekit.simulator.timing cimport Timing

@cython.final
cdef class DepthMatcher:
    cdef Simulation simulation
    cdef Book book
    cdef Conditions conditions
    cdef Lifecycle lifecycle
    cdef Ledger ledger
    cdef Log log
    cdef Timing timing
    cdef Reach reach
    cdef Filler filler
    cdef Margin margin
    cdef Queueing queueing
    cdef Due due
    cdef readonly list depths
    cdef Py_ssize_t size
    cdef bint has_trades, is_margin
    cdef double[:, ::1] price, volume
    cdef double[::1] last

    cdef int trade(self, Py_ssize_t i, double price, double size, int side) except -1
    cdef int change(self, Py_ssize_t i) except -1
    cdef void mark(self, Py_ssize_t i, double price) noexcept
    cdef int watch_margin(self) except -1
    cdef bint is_resting(self, Py_ssize_t order, Py_ssize_t i) noexcept
    cdef int print_at(self, Py_ssize_t i, double price, double size, bint is_buy) except -1
    cdef double fill(self, Py_ssize_t order, double price, double most) except? -1.0
    cdef int move_queues(self, Py_ssize_t i) except -1
    cdef double level(self, Py_ssize_t order, Py_ssize_t i) except? -1.0
    cdef Ladder other_side(self, Py_ssize_t order, Py_ssize_t i)
    cdef int work(self, Py_ssize_t i) except -1
    cdef int meet_all(self, Py_ssize_t i) except -1
    cdef bint is_working(self, Py_ssize_t order, Py_ssize_t i) noexcept
    cdef int is_set_off(self, Py_ssize_t order, Py_ssize_t i) except -1
    cdef int meet(self, Py_ssize_t order, Py_ssize_t i) except -1
    cdef int rest(self, Py_ssize_t order, Py_ssize_t i) except -1
    cdef int take(self, Py_ssize_t order, Py_ssize_t i) except -1
    cdef double worst_key(self, Py_ssize_t order) noexcept
    cdef int is_whole(self, Py_ssize_t order, Py_ssize_t i) except -1
    cdef int admit(self, Py_ssize_t order) except -1
