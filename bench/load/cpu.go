package main

import (
	"fmt"
	"syscall"
	"unsafe"
)

// cpuNs is the processor time that all threads of a process have used, user and system, to the nanosecond and up to this
// moment: the clock that clock_getcpuclockid(3) names. /proc/PID/stat counts in steps of 10 ms.
func cpuNs(pid int) (int64, error) {
	const scheduled = 2 // CPUCLOCK_SCHED
	clock := uint32(^pid)<<3 | scheduled
	var t syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, errno)
	}
	return t.Nano(), nil
}
