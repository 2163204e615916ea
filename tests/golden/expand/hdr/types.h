struct from_header { int x; };
