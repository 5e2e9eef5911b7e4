// Bodies as streams, both ways. Rule: of one stream at most twice ServerLimits::streamed_bytes_max is here,
// and nobody waits for the other side: not the loop for the handler, nor a thread of the handler for the
// network.
#include <algorithm>

#include "http/connection.h"

namespace meridian::http {
namespace {

// Copying this much behind the head beats a piece of its own; over TLS that would also be a record of its
// own.
constexpr std::size_t kSentWithHeadMax = 1024, kSentWithHeadOverTlsMax = 16 * 1024;

class ConnectionBody final : public IncomingBody {
 public:
  ConnectionBody(std::shared_ptr<ServerState> server, std::uint64_t connection, std::uint64_t request)
      : server_(std::move(server)), connection_(connection), request_(request) {}
  void read(OnPiece on_piece) override { server_->read_body(connection_, request_, std::move(on_piece)); }

 private:
  std::shared_ptr<ServerState> server_;
  std::uint64_t connection_, request_;
};

std::unexpected<Error> no_body(std::string why) {
  return fail(ErrorCode::Unavailable, std::move(why), ErrorSource::Peer);
}

}  // namespace

void ServerState::read_body(std::uint64_t id, std::uint64_t request, IncomingBody::OnPiece on_piece) {
  // Always by way of the loop: the reader may be called back from inside a connection's functions.
  loop_.post([self = shared_from_this(), id, request, on_piece = std::move(on_piece)]() mutable {
    if (auto found = self->connections_.find(id); found != self->connections_.end())
      return found->second->read_body(request, std::move(on_piece));
    on_piece(no_body("the connection is gone"));
  });
}

void ServerState::send_piece(std::uint64_t id, std::uint64_t request, Result<Piece> piece) {
  const auto deliver = [id, request](ServerState& self, Result<Piece> what) {
    if (auto found = self.connections_.find(id); found != self.connections_.end())
      found->second->send_piece(request, std::move(what));
  };
  if (std::this_thread::get_id() == loop_thread_.load()) return deliver(*this, std::move(piece));
  loop_.post([self = shared_from_this(), deliver, piece = std::move(piece)]() mutable {
    deliver(*self, std::move(piece));
  });
}

bool ServerState::begin_stream() {
  if (streams_ >= limits_.streams_max) return false;
  ++streams_;
  return true;
}

void Connection::begin_stream() {
  if (!server_.begin_stream()) return refuse(503, "too many large requests at once");
  streaming_ = true;
  phase_ = Phase::Receiving;
  expect_continue_ = request_.head.expect_continue;
  piece_ = {};
  request_.stream = std::make_shared<ConnectionBody>(server_.shared_from_this(), id_, request_number_);
  hand_over();
}

void Connection::end_stream() {
  reader_ = nullptr;
  if (std::exchange(streaming_, false)) server_.end_stream();
}

void Connection::read_body(std::uint64_t request, IncomingBody::OnPiece on_piece) {
  if (request != request_number_ || phase_ != Phase::Receiving || reader_)
    return on_piece(no_body("this body cannot be read any more"));
  reader_ = std::move(on_piece);
  // A client that waits for this has not sent anything yet that a refusal would waste.
  if (std::exchange(expect_continue_, false)) tcp_->write("HTTP/1.1 100 Continue\r\n\r\n");
  set_deadline(server_.limits().body_time_max);
  read_on();
  deliver();
}

MutableBytes Connection::room_in_piece() {
  if (!piece_.memory) piece_.memory = server_.memory_for_piece();
  return MutableBytes(reinterpret_cast<std::uint8_t*>(piece_.memory.get()),
                      server_.limits().streamed_bytes_max)
      .subspan(piece_.size);
}

// What is in a piece already when it comes need not be copied there.
MutableBytes Connection::room() {
  if (phase_ != Phase::Receiving || chunked_ || !in_.empty() || !may_read()) return {};
  const MutableBytes room = room_in_piece();
  // What follows the body is of the next request.
  return room.first(static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, room.size())));
}

void Connection::grow_piece(std::size_t size) {
  piece_.size += size;
  body_left_ -= size;
  piece_.last = body_left_ == 0;
}

std::size_t Connection::take_streamed(std::string_view bytes) {
  const MutableBytes room = room_in_piece();
  bytes = bytes.substr(0, room.size());
  if (!chunked_) {
    bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, bytes.size())));
    std::ranges::copy(bytes, room.begin());
    grow_piece(bytes.size());
    return bytes.size();
  }
  auto step = chunks_.next(bytes);
  if (!step) {
    fail_reader(step.error().reason);
    return 0;
  }
  std::ranges::copy(step->data, room.begin());
  piece_.size += step->data.size();
  piece_.last = chunks_.done();
  return step->consumed;
}

void Connection::deliver() {
  if (phase_ != Phase::Receiving || !reader_ || consuming_) return;
  if (piece_.size == 0 && !piece_.last) {
    if (peer_ended_) fail_reader("the body ended early");
    return;
  }
  if (piece_.last) phase_ = Phase::Handling;
  deadline_ = MonotonicTime::max();
  const auto reader = std::exchange(reader_, nullptr);
  const ArrivingPiece piece = std::exchange(piece_, {});
  reader(IncomingBody::Piece{{piece.memory, {piece.memory.get(), piece.size}}, piece.last});
  // While this one is being worked on, the next may come.
  read_on();
  resume();
}

void Connection::fail_reader(std::string why) {
  if (const auto reader = std::exchange(reader_, nullptr)) reader(no_body(std::move(why)));
}

void Connection::begin_sending(Response&& response) {
  phase_ = Phase::Sending;
  sending_ = std::move(response.stream);
  to_send_ = response.length.value_or(0);
  piece_asked_ = false;
  const Piece begun = std::move(response.begun);
  const bool together = begun.size() <= (tls_ ? kSentWithHeadOverTlsMax : kSentWithHeadMax);
  write(response, together ? begun.view() : std::string_view(), close_after_);
  if (to_send_ == 0) {
    sending_.reset();
    return finish_reply();
  }
  if (begun.empty()) return ask_for_piece();
  if (begun.size() > to_send_) return break_off();
  to_send_ -= begun.size();
  if (!together) tcp_->write_piece(begun);
  send_on();
}

void Connection::ask_for_piece() {
  if (piece_asked_ || tcp_->pending() > server_.limits().streamed_bytes_max) return;
  piece_asked_ = true;
  const auto body = sending_;  // what it answers at once may end it
  body->read([server = server_.shared_from_this(), id = id_, request = request_number_](Result<Piece> piece) {
    server->send_piece(id, request, std::move(piece));
  });
}

void Connection::send_piece(std::uint64_t request, Result<Piece> piece) {
  if (request != request_number_ || phase_ != Phase::Sending) return;
  piece_asked_ = false;
  if (!piece || piece->empty() || piece->size() > to_send_) return break_off();
  to_send_ -= piece->size();
  tcp_->write_piece(*std::move(piece));
  send_on();
}

void Connection::send_on() {
  if (to_send_ > 0) return ask_for_piece();
  sending_.reset();
  finish_reply();
}

// In the middle of a body: its end must not look like one.
void Connection::break_off() {
  phase_ = Phase::Closed;
  sending_.reset();
  server_.bury(id_);
}

}  // namespace meridian::http
