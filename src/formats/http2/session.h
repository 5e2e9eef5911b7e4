// One connection of HTTP/2 (RFC 9113), either side of it, without I/O: bytes in, what they say to a
// SessionUser, and bytes out. Rule: what a peer can make us hold, make or repeat has a limit with a name; who
// goes beyond one of those that no honest peer comes near hears ENHANCE_YOUR_CALM.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/piece.h"
#include "formats/http2/frame.h"
#include "formats/http2/head_rules.h"
#include "formats/http2/hpack.h"

namespace meridian::http2 {

inline constexpr std::size_t kHeadBlockBytesMax = 64 * 1024;  // compressed, with its continuations
inline constexpr unsigned kContinuationsMax = 16;             // of one field section
inline constexpr std::size_t kFieldListBytesMax =
    256 * 1024;  // of one section, unpacked; beyond what we announce

// How often a peer may do what costs him nothing: `burst` at once, and `a_second` in the long run.
struct Allowance {
  std::uint32_t burst, a_second;
};
inline constexpr Allowance kResetsMax{400, 100};  // streams that it resets, or that its errors make us reset
inline constexpr Allowance kPingsMax{100, 20};    // and answers to none, as below
inline constexpr Allowance kSettingsMax{50, 5};
inline constexpr Allowance kPrioritiesMax{1000, 200};  // and GOAWAY, and frames of types that nobody knows
inline constexpr Allowance kEmptyFramesMax{200, 50};   // DATA without a byte that end nothing

enum class Flood : std::uint8_t {
  None,
  Resets,
  Pings,
  Settings,
  Priorities,
  EmptyFrames,
  HeadBlock,
  FieldList
};
inline constexpr std::size_t kFloods = 8;
std::string_view to_string(Flood flood);  // "resets"

class Budget {
 public:
  explicit Budget(Allowance allowance) : allowance_(allowance), left_(allowance.burst) {}
  bool spend(MonotonicTime now);

 private:
  Allowance allowance_;
  std::uint32_t left_;
  MonotonicTime counted_{};
};

// The user's streams extend it; it is theirs, and stays where it is until on_closed() and the end of the call
// into the session that brought it.
class Stream {
 public:
  std::uint32_t id() const { return id_; }
  std::size_t unsent() const { return queued_; }  // of its body, not in the output yet
  bool is_open() const { return open_; }
  bool peer_ended() const { return peer_ended_; }
  bool own_ended() const { return ended_; }  // and all of it is in the output
  bool refused() const { return refused_; }  // we have reset it, for a fault of the peer's

 protected:
  ~Stream() = default;
  void reset_stream();  // before it serves again

 private:
  friend class Session;

  std::uint32_t id_ = 0;
  bool open_ = false, head_came_ = false, peer_ended_ = false, refused_ = false;
  bool head_sent_ = false, finishing_ = false, ended_ = false, ready_ = false;
  bool to_head_ = false;         // a request that has answers without a body
  bool measured_ = false;        // it has said how long its body is
  std::uint64_t body_left_ = 0;  // then
  std::int64_t send_window_ = 0, receive_window_ = 0;
  std::uint32_t taken_ = 0;  // and not given back yet
  std::vector<Piece> queue_;
  std::size_t queue_at_ = 0, offset_ = 0, queued_ = 0;
  std::vector<std::pair<std::string, std::string>> trailers_;
};

// Calls may come from within each other: a stream that answers inside on_head(), say.
class SessionUser {
 public:
  virtual ~SessionUser() = default;
  // A server is asked for something; its fields follow.
  virtual Stream& open_stream() = 0;
  virtual void on_section(Stream& stream, Section section) = 0;
  virtual void on_field(Stream& stream, std::string_view name, std::string_view value) = 0;
  // It is whole and well formed; not told of 1xx. `last`: so is the message.
  virtual void on_head(Stream& stream, bool last) = 0;
  virtual void on_data(Stream& stream, std::string_view bytes) = 0;
  virtual void on_end(Stream& stream) = 0;   // behind on_data or trailers
  virtual void on_room(Stream& stream) = 0;  // unsent() fell to zero, and its end is not known yet
  // Both sides have ended, or one has given up: the last of it.
  virtual void on_closed(Stream& stream, ErrorCode code) = 0;
};

struct SessionLimits {
  std::uint32_t streams_max = 128;        // that the peer has open; a client: none
  std::uint32_t list_bytes_max = 65'536;  // announced
  std::uint32_t stream_window = kFirstWindow;
  std::uint32_t connection_window = 1024 * 1024;
};

class Session {
 public:
  enum class Role : std::uint8_t { Server, Client };
  Session(Role role, const SessionLimits& limits, SessionUser& user);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes all of it. False: the connection is over, and the output has the last words.
  bool receive(std::string_view bytes, MonotonicTime now);

  // A client's; its head is to be sent next. False: no more streams here. `to_head`: the method is HEAD.
  bool open(Stream& stream, bool to_head = false);
  bool has_room() const;

  // A head, field by field: nothing else may be sent before its end.
  void begin_head(Stream& stream);
  void add_status(int status) { encoder_.add_status(out_, status); }
  void add_field(std::string_view name, std::string_view value) { encoder_.add(out_, name, value); }
  void add_field(std::string_view name, std::string_view value, const FieldForm& form) {
    encoder_.add(out_, name, value, form);
  }
  void add_fields(const PreparedFields& fields) { encoder_.add(out_, fields); }
  void end_head(bool last);
  // A whole body, and its end, behind the head at once. False, and nothing was done: it is too much for the
  // windows, for one frame, or for an output of `most` bytes.
  bool send_whole(Stream& stream, std::string_view body, std::size_t most);
  void send(Stream& stream, Piece piece);
  void finish(Stream& stream, std::span<const std::pair<std::string, std::string>> trailers = {});
  void reset(Stream& stream, ErrorCode code);
  // Of its body, on_data() said so: the windows open for as many again. Also of a stream that is closed.
  void take(Stream& stream, std::size_t size);

  void go_away(ErrorCode code);

  // Bodies go into the output, in turns, until that has `most`.
  void produce(std::size_t most);
  std::string& output() { return out_; }

  std::span<Stream* const> streams() const { return streams_; }
  bool over() const { return over_; }
  bool peer_goes_away() const { return peer_goes_away_; }
  ErrorCode error() const { return error_; }
  Flood flood() const { return flood_; }  // that it was

 private:
  class Fields;
  static constexpr std::size_t kRemembered = 64;

  std::string_view consume(std::string_view bytes);
  bool handle(const FrameHead& head, std::string_view payload);
  bool on_headers(const FrameHead& head, std::string_view payload);
  bool on_continuation(const FrameHead& head, std::string_view payload);
  bool take_block(const FrameHead& head, std::string_view block);
  bool take_head(Stream& stream, const FrameHead& head);
  bool on_data(const FrameHead& head, std::string_view payload);
  bool on_settings(const FrameHead& head, std::string_view payload);
  bool on_setting(Setting setting, std::uint32_t value);
  bool on_window_update(const FrameHead& head, std::string_view payload);
  bool on_rst_stream(const FrameHead& head, std::string_view payload);
  bool on_go_away(std::string_view payload);
  Stream* admit(const FrameHead& head);

  bool fail(ErrorCode code);
  bool calm(Flood flood);
  bool refuse(Stream& stream, ErrorCode code);  // its peer's fault
  bool spend(Budget& budget, Flood flood) { return budget.spend(now_) || calm(flood); }
  bool is_idle(std::uint32_t id) const;
  bool peer_ends(Stream& stream);

  Stream* find(std::uint32_t id) const;
  void insert(Stream& stream, std::uint32_t id);
  void close(Stream& stream, ErrorCode code);
  void close_if_done(Stream& stream);
  void remember_reset(std::uint32_t id);
  bool was_reset(std::uint32_t id) const;
  void give_back(std::uint32_t size);
  void make_ready(Stream& stream);
  bool write_frame(Stream& stream);
  void write_end(Stream& stream);

  const Role role_;
  const SessionLimits limits_;
  SessionUser& user_;
  std::string in_, out_;
  HpackDecoder decoder_;
  HpackEncoder encoder_;
  HeadCheck check_;

  bool preface_came_, settings_came_ = false, over_ = false, going_away_ = false, peer_goes_away_ = false;
  ErrorCode error_ = ErrorCode::NoError;
  Flood flood_ = Flood::None;
  MonotonicTime now_{};

  std::vector<Stream*> streams_;  // by their numbers
  std::vector<Stream*> ready_, turn_;
  std::uint32_t last_peer_ = 0, last_own_ = 0;
  std::array<std::uint32_t, kRemembered> resets_{};  // of streams, by us, of late
  std::size_t resets_made_ = 0;
  std::uint32_t forgotten_ = 0;  // the last of them that is not remembered

  std::string block_;  // of a section that is not whole
  FrameHead block_head_;
  unsigned continuations_ = 0;
  bool continuing_ = false;

  Stream* head_of_ = nullptr;  // that is being written
  std::size_t head_at_ = 0;

  std::int64_t send_window_ = kFirstWindow, receive_window_ = kFirstWindow;
  std::uint32_t taken_ = 0;
  std::int64_t peer_window_ = kFirstWindow;  // of a new stream
  std::uint32_t peer_streams_max_ = 100;
  Budget resets_left_{kResetsMax}, pings_{kPingsMax}, settings_{kSettingsMax}, priorities_{kPrioritiesMax},
      empty_{kEmptyFramesMax};
};

}  // namespace meridian::http2
