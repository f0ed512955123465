"""The plugins that come with the kernel, written as an outsider would write them."""
