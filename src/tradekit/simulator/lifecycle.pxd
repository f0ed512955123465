cimport cython
from tradekit.simulator.conditions cimport Conditions
from tradekit.simulator.book cimport Book
from tradekit.simulator.ledger cimport Ledger
from tradekit.simulator.links cimport Links
from tradekit.simulator.log cimport Log
from tradekit.simulator.venue cimport Venue

@cython.final
cdef class Lifecycle:
    cdef Book book
    cdef Conditions conditions
    cdef Links links
    cdef Log log
    cdef Ledger ledger
    cdef Venue venue
    cdef Py_ssize_t fresh_count, traded
    cdef double price
    cdef bint is_inside, is_blind, has_released
    cdef int[::1] fresh

    cdef int renew(self) except -1
    cdef bint is_alive(self, Py_ssize_t order) noexcept nogil
    cdef bint is_done(self, Py_ssize_t order) noexcept nogil
    cdef int end(self, Py_ssize_t order, int status, int reason) except -1 nogil
    cdef int note(self, int kind, Py_ssize_t order, int reason, double left) except -1 nogil
    cdef int complete(self, Py_ssize_t order, int reason) except -1 nogil
    cdef int pass_on_end(self, Py_ssize_t order) except -1 nogil
    cdef int settle_exit(self, Py_ssize_t order) except -1 nogil
    cdef int end_peers(self, Py_ssize_t order) except -1 nogil
    cdef int trigger(self, Py_ssize_t order, double price) except -1 nogil
    cdef int bear(self, Py_ssize_t order, double price) except -1 nogil
    cdef int release(self, Py_ssize_t order, Py_ssize_t entry) except -1 nogil
    cdef int pass_on_fill(self, Py_ssize_t order, double size) except -1 nogil
    cdef int enlarge_exit(self, Py_ssize_t order, bint was_idle) except -1 nogil
    cdef void extend(self, Py_ssize_t order, double size) noexcept nogil
    cdef int share(self, Py_ssize_t order, double size) except -1 nogil
    cdef int split(self, Py_ssize_t i, double ratio) except -1 nogil
    cdef int end_all(self, Py_ssize_t i, int reason) except -1 nogil
    cdef bint is_awaited(self, Py_ssize_t order) noexcept nogil
    cdef bint is_idle(self, Py_ssize_t order) noexcept nogil
    cdef int end_reducing(self, Py_ssize_t i, double held) except -1 nogil
