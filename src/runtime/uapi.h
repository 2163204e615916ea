/* Constants of kernels newer than the headers this is built with (Debian 12 has those of 6.1). */
#ifndef SONDE_RUNTIME_UAPI_H
#define SONDE_RUNTIME_UAPI_H

/* enum bpf_attach_type */
enum { UAPI_TRACE_UPROBE_MULTI = 48, UAPI_TRACE_KPROBE_SESSION = 56, UAPI_TRACE_UPROBE_SESSION = 57 };

#endif
