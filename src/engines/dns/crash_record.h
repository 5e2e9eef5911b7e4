// What a server that dies leaves behind for the next one: the signal, the query it was answering, and which
// zones it had taken changes of shortly before. It lies in a mapped file, which outlives the process and
// costs no system call; a power cut may take it, and then nobody is blamed.
//
// Rules: what is written by a signal handler is only memory; a process that is killed from outside (SIGKILL)
// leaves no crash; what is read back is bytes of unknown origin.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::engines::dns {

// A change is suspected when the server dies within this time of taking it.
inline constexpr Duration kWatchWindow = std::chrono::seconds(10);
inline constexpr std::size_t kTakenMax = 4096;  // zone changes remembered; when more come, the oldest go

// A zone that is to go back to what it was before `since`. When changes within the window touched the very
// name that was asked for, the first of them is suspected and what was before it is not; when none did, or
// the server died of the zone again after that, all of them are.
struct Suspect {
  std::string zone_id;
  std::uint64_t since = 0, seen = 0;  // revisions; at `seen` the zone changed last
  std::string why;
};

class CrashRecord {
 public:
  // Maps the file and reads what the process before left in it.
  static Result<std::unique_ptr<CrashRecord>> open(const std::string& path);
  ~CrashRecord();
  CrashRecord(const CrashRecord&) = delete;
  CrashRecord& operator=(const CrashRecord&) = delete;

  // How the process before died, for people; empty when it ended well or was killed from outside.
  std::string previous() const;
  // The zone that the fatal query was for, when it had changed within the window.
  std::optional<Suspect> suspect(const snapshots::dns::DnsSnapshot& snapshot,
                                 Duration window = kWatchWindow) const;

  // Forgets how the process before died, but for the zone that was blamed, and from here on catches the
  // signals that end this one by its own fault.
  void begin(const std::optional<Suspect>& blamed = std::nullopt);
  // To be called before the delta is served. Full images are not remembered: they are no change.
  void took(const snapshots::dns::Delta& delta, SystemTime now);

 private:
  struct Page;
  explicit CrashRecord(Page* page) : page_(page) {}
  static void on_signal(int signal);
  static Page* caught_;  // of the process: a handler has no arguments

  Page* page_;
};

}  // namespace meridian::engines::dns
