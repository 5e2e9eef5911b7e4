// Asks the answer core about everything a delta touched, before anybody serves it. Pure. Rule: what is asked
// is written down before the answer is made, so that whoever finds the process dead can say what killed it.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "snapshots/dns/snapshot.h"

namespace meridian::engines::dns {

inline constexpr std::size_t kFullPanelSetsMax = 1000;    // record sets of a delta that get every question
inline constexpr std::size_t kExaminedSetsMax = 100'000;  // of a larger one, which gets one question a set

// What is being done. It lies in memory shared with the process that will read it when this one has died, and
// is then of unknown origin.
struct ExaminerNote {
  enum class Step : std::uint8_t { Idle, Decode, Apply, Ask } step = Step::Idle;
  enum class Form : std::uint8_t { PlainUdp, EdnsUdp, Tcp } form = Form::PlainUdp;
  std::uint16_t type = 0;
  std::uint8_t name_size = 0;
  std::array<std::uint8_t, 255> name{};  // wire form
};
std::string describe(const ExaminerNote& note);  // "answering www.example.test. A over TCP"

// Invalid, with the question, when a reply is not one that may be sent. The number of questions asked.
Result<std::size_t> examine(const snapshots::dns::DnsSnapshot& snapshot, const snapshots::dns::Delta& delta,
                            Random& random, ExaminerNote& note);

}  // namespace meridian::engines::dns
