#include "engines/dns/canary/examine.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engines/dns/answer.h"
#include "formats/dns/message.h"

namespace meridian::engines::dns {
namespace {

using meridian::dns::Class;
using meridian::dns::Name;
using meridian::dns::OptionCode;
using meridian::dns::Rcode;
using meridian::dns::Type;
using snapshots::dns::Delta;
using snapshots::dns::DnsSnapshot;
using snapshots::dns::ZoneChange;
using Form = ExaminerNote::Form;

constexpr std::uint16_t kEdnsSize = 1232;
constexpr std::uint32_t kDnssecOk = 0x8000;
constexpr std::string_view kOneLabel("\6canary", 7);

// Every option that the core looks at: NSID, a client cookie, a client subnet of 192.0.2.0/24.
std::string edns_options() {
  std::string out;
  auto option = [&out](OptionCode code, std::string_view value) {
    append_u16(out, static_cast<std::uint16_t>(code));
    append_u16(out, static_cast<std::uint16_t>(value.size()));
    out += value;
  };
  option(OptionCode::Nsid, "");
  option(OptionCode::Cookie, "canarycc");
  option(OptionCode::ClientSubnet, std::string_view("\0\1\30\0\300\0\2", 7));
  return out;
}

class Examiner {
 public:
  Examiner(const DnsSnapshot& snapshot, Random& random, ExaminerNote& note)
      : snapshot_(snapshot), random_(random), note_(note), options_(edns_options()), reply_(kTcpSizeMax) {
    identity_.nsid = "canary";
  }

  Result<void> ask(std::string_view name, Type type, Form form) {
    if (name.size() > meridian::dns::kNameSizeMax) return {};
    const Bytes query = make_query(name, type, form);
    take_note(name, type, form);
    const AnswerContext context{client_, form == Form::Tcp ? Transport::Tcp : Transport::Udp, random_,
                                identity_, SystemTime{}};
    const AnswerResult result = answer(query, snapshot_, context, reply_);
    ++asked_;
    const char* wrong = fault(query, result, form);
    if (!wrong) return {};
    return fail(ErrorCode::Invalid, fmt::format("{} while {}", wrong, describe(note_)));
  }

  // All the ways in which this record set, and what lies beside and below it, can be asked for.
  Result<void> ask_panel(std::string_view owner, Type type) {
    for (const Form form : {Form::PlainUdp, Form::EdnsUdp, Form::Tcp}) TRY(ask(owner, type, form));
    for (const Type other : {Type::A, Type::ANY, Type::TXT})
      if (other != type) TRY(ask(owner, other, Form::EdnsUdp));
    TRY(ask(std::string(kOneLabel).append(owner), type, Form::EdnsUdp));
    const std::string_view parent = owner.substr(1 + static_cast<std::uint8_t>(owner[0]));
    if (owner.size() == 1) return {};
    TRY(ask(random_label().append(parent), type, Form::EdnsUdp));
    return ask(parent, Type::NS, Form::PlainUdp);
  }

  std::size_t asked() const { return asked_; }

 private:
  Bytes make_query(std::string_view name, Type type, Form form) {
    meridian::dns::MessageWriter writer(query_, query_.size());
    meridian::dns::Header header;
    header.id = static_cast<std::uint16_t>(random_.next());
    header.rd = true;
    writer.set_header(header);
    writer.add_question(name, type, Class::IN);
    if (form != Form::PlainUdp)
      writer.add_record(meridian::dns::MessageWriter::Section::Additional, std::string_view("\0", 1),
                        Type::OPT, static_cast<Class>(kEdnsSize), kDnssecOk, options_);
    return Bytes(query_).first(writer.finish());
  }

  void take_note(std::string_view name, Type type, Form form) {
    note_.form = form;
    note_.type = static_cast<std::uint16_t>(type);
    note_.name_size = static_cast<std::uint8_t>(name.size());
    std::memcpy(note_.name.data(), name.data(), name.size());
    note_.step = ExaminerNote::Step::Ask;
  }

  std::string random_label() {
    std::string label = "\14";
    return label + random_.text(12, "abcdefghijklmnopqrstuvwxyz");
  }

  // Null when the reply may be sent to a client.
  const char* fault(Bytes query, const AnswerResult& result, Form form) const {
    const std::size_t limit = form == Form::PlainUdp  ? kUdpSizeMin
                              : form == Form::EdnsUdp ? kEdnsSize
                                                      : kTcpSizeMax;
    if (result.size == 0) return "no reply";
    if (result.size > limit) return "a reply larger than the client takes";
    auto message = meridian::dns::parse_message(Bytes(reply_).first(result.size));
    if (!message) return "a reply that cannot be parsed";
    if (!message->header.qr || message->header.id != load_u16(query.data()))
      return "a reply to another query";
    if (message->questions.size() != 1) return "a reply without its question";
    switch (static_cast<Rcode>(result.rcode)) {
      case Rcode::NoError:
      case Rcode::NXDomain:
      case Rcode::Refused:   // of a zone that went
      case Rcode::ServFail:  // an alias that leads nowhere
        return nullptr;
      default:
        return "a reply that says the query was wrong";
    }
  }

  const DnsSnapshot& snapshot_;
  Random& random_;
  ExaminerNote& note_;
  const std::string options_;
  ServerIdentity identity_;
  net::Address client_{};
  std::array<std::uint8_t, 512> query_;
  std::vector<std::uint8_t> reply_;
  std::size_t asked_ = 0;
};

std::size_t touched_sets(const Delta& delta) {
  std::size_t total = 0;
  for (const ZoneChange& change : delta.zones) total += change.puts.size() + change.removes.size();
  return total;
}

}  // namespace

std::string describe(const ExaminerNote& note) {
  switch (note.step) {
    case ExaminerNote::Step::Idle:
      return "doing nothing";
    case ExaminerNote::Step::Decode:
      return "reading the delta";
    case ExaminerNote::Step::Apply:
      return "applying the delta";
    case ExaminerNote::Step::Ask:
      break;
  }
  auto name = Name::from_wire(as_text(Bytes(note.name).first(note.name_size)));
  const char* how = note.form == Form::PlainUdp  ? "UDP without EDNS"
                    : note.form == Form::EdnsUdp ? "UDP with EDNS"
                                                 : "TCP";
  return fmt::format("answering {} {} over {}", name ? name->to_string() : "a name",
                     to_string(static_cast<Type>(note.type)), how);
}

Result<std::size_t> examine(const DnsSnapshot& snapshot, const Delta& delta, Random& random,
                            ExaminerNote& note) {
  Examiner examiner(snapshot, random, note);
  const std::size_t touched = touched_sets(delta);
  const bool full = touched <= kFullPanelSetsMax;
  const std::size_t stride = touched / kExaminedSetsMax + 1;
  std::size_t position = 0;
  auto look_at = [&](const std::string& owner, Type type) -> Result<void> {
    if (full) return examiner.ask_panel(owner, type);
    return position++ % stride ? Result<void>{} : examiner.ask(owner, type, Form::EdnsUdp);
  };
  const bool whole_zones = delta.zones.size() <= kFullPanelSetsMax;
  for (const ZoneChange& change : delta.zones) {
    for (const auto& set : change.puts) TRY(look_at(set.owner, set.type));
    for (const auto& key : change.removes) TRY(look_at(key.owner, key.type));
    if (change.kind != ZoneChange::Kind::Edit && whole_zones) TRY(examiner.ask_panel(change.apex, Type::SOA));
  }
  note.step = ExaminerNote::Step::Idle;
  return examiner.asked();
}

}  // namespace meridian::engines::dns
