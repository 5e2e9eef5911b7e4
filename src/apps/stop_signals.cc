#include "apps/stop_signals.h"

#include <pthread.h>
#include <unistd.h>

#include <cstdlib>

namespace meridian::apps {
namespace {

constexpr int kEndedWhileStarting = 0;  // as asked

}  // namespace

StopSignals::StopSignals(bool with_hangup) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  if (with_hangup) sigaddset(&signals_, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "signals");
}

StopSignals::~StopSignals() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void StopSignals::serving(std::function<void()> on_hangup) {
  std::lock_guard lock(mutex_);
  on_hangup_ = std::move(on_hangup);
  serving_ = true;
}

void StopSignals::wait() {
  asked_.get_future().wait();
  std::lock_guard lock(mutex_);
  on_hangup_ = nullptr;  // what it works on may go now
}

void StopSignals::run() {
  bool asked = false;
  for (int received = 0; sigwait(&signals_, &received) == 0;) {
    std::lock_guard lock(mutex_);
    if (ending_) return;
    if (received == SIGHUP) {
      if (on_hangup_) on_hangup_();
    } else if (!serving_) {
      std::_Exit(kEndedWhileStarting);
    } else if (!std::exchange(asked, true)) {
      asked_.set_value();
    }
  }
}

}  // namespace meridian::apps
