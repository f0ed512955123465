cimport cython


@cython.final
cdef class Moves:
    cdef readonly Py_ssize_t rows, size, count
    cdef object state, places, amounts
    cdef const signed char[::1] kind, code
    cdef const int[::1] instrument
    cdef const double[::1] a, b, c, d, e, f
    cdef double[::1] held, at, told, told_at, product
    cdef long long[::1] entry, number
    cdef double[::1] quantity, price, fee, slippage, split, closed, average

    @cython.locals(k=Py_ssize_t, most=Py_ssize_t)
    cdef Py_ssize_t look(self, Py_ssize_t size) except -1
    @cython.locals(k=Py_ssize_t)
    cdef void follow(self) noexcept nogil
    @cython.locals(i=Py_ssize_t, held=double, traded=double, asked=double)
    cdef void move(self, Py_ssize_t k, double after, double average) noexcept nogil
    @cython.locals(n=Py_ssize_t, i=Py_ssize_t)
    cdef void note(self, Py_ssize_t k, double traded, double held) noexcept nogil
    @cython.locals(i=Py_ssize_t, ratio=double, after=double, average=double)
    cdef void divide(self, Py_ssize_t k) noexcept nogil
    @cython.locals(i=Py_ssize_t)
    cdef void be(self, Py_ssize_t k, double held, double average) noexcept nogil
