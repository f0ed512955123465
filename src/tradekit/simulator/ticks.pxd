cimport cython

@cython.final
cdef class Trade:
    cdef readonly str symbol
    cdef readonly long long time_ns
    cdef readonly double price, size
    cdef readonly int side

@cython.final
cdef class Quote:
    cdef readonly str symbol
    cdef readonly long long time_ns
    cdef readonly double bid, bid_size, ask, ask_size
