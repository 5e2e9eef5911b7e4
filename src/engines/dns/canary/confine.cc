#include "engines/dns/canary/confine.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

namespace meridian::engines::dns {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

// Memory, the sockets at hand, time, randomness, the way out.
constexpr long kAllowed[] = {
    SYS_read,
    SYS_write,
    SYS_sendto,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_ppoll,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_getrandom,
    SYS_setitimer,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_exit,
    SYS_exit_group,
    SYS_close,
    SYS_getpid,
    SYS_gettid,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_prctl,
    SYS_seccomp,
    SYS_restart_syscall,
    SYS_set_tid_address,
    SYS_tgkill,  // how abort() ends
#if defined(__x86_64__)
    SYS_poll,
#endif
};
constexpr long kAllowedToFork[] = {SYS_clone, SYS_wait4, SYS_kill, SYS_socketpair};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kReservesMemory = true;  // the shadow alone is beyond any limit
#else
constexpr bool kReservesMemory = false;
#endif

}  // namespace

void give_up_resources(int first_closed) {
  // 1000: before any other. Not fatal where /proc is missing.
  if (const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); file >= 0) {
    (void)!write(file, "1000", 4);
    close(file);
  }
  close_range(static_cast<unsigned>(first_closed), ~0u, 0);
  // A core of all zones would take longer to write than the watch of the canary lasts.
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_FSIZE, &none);
  const rlim_t half =
      static_cast<rlim_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) / 2;
  const rlimit memory{half, half};
  if (!kReservesMemory) setrlimit(RLIMIT_DATA, &memory);
}

Result<void> confine(MayFork may_fork) {
#if defined(__x86_64__) || defined(__aarch64__)
  std::vector<sock_filter> program;
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS));
  program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  auto allow = [&program](long number) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  };
  for (const long number : kAllowed) allow(number);
  if (may_fork == MayFork::Yes)
    for (const long number : kAllowedToFork) allow(number);
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    return fail(ErrorCode::Unavailable, std::strerror(errno));
  return {};
#else
  (void)may_fork;
  return fail(ErrorCode::Unavailable, "no filter for this processor");
#endif
}

}  // namespace meridian::engines::dns
