// One connection of the HTTP/1.1 server, and the state its connections share. Internal to http/.
#pragma once

#include <atomic>
#include <thread>
#include <unordered_map>

#include "http/date.h"
#include "http/piece_memory.h"
#include "http/server.h"
#include "net/reading_room.h"

namespace meridian::http {

class Connection;

class ServerState final : public std::enable_shared_from_this<ServerState> {
 public:
  ServerState(net::Loop& loop, Handler& handler, const ServerLimits& limits, Metrics& metrics,
              std::string_view name);

  Result<net::Address> listen(const net::Address& address, const net::ListenOptions& options,
                              std::shared_ptr<net::TlsServerContext> tls);
  void drain(std::function<void()> done);
  void shut();
  std::size_t connections() const { return connections_.size(); }

  // From any thread.
  void send(std::uint64_t id, Response&& response);
  void read_body(std::uint64_t id, std::uint64_t request, IncomingBody::OnPiece on_piece);
  void send_piece(std::uint64_t id, std::uint64_t request, Result<Piece> piece);

  // For Connection, on the loop's thread.
  net::Loop& loop() { return loop_; }
  Handler& handler() { return handler_; }
  const ServerLimits& limits() const { return limits_; }
  bool draining() const { return draining_; }
  const std::string& date();
  void count_request() { requests_.add(); }
  void count_refusal(int status);
  void bury(std::uint64_t id);        // takes a closed connection out of the table
  bool hold(std::size_t body_bytes);  // false: all bodies together would be too large
  void release(std::size_t body_bytes) { held_ -= body_bytes; }
  bool begin_stream();  // false: there are too many
  std::shared_ptr<char[]> memory_for_piece() { return piece_memory_->take(); }
  void end_stream() { --streams_; }

 private:
  void accept(std::unique_ptr<net::TcpConnection> tcp, bool tls);
  void complete(std::uint64_t id, Response&& response);
  void sweep();
  void finish_drain_if_empty();

  net::Loop& loop_;
  Handler& handler_;
  ServerLimits limits_;
  Metrics& metrics_;
  std::string name_;
  Gauge& open_;
  Counter& requests_;
  std::atomic<std::thread::id> loop_thread_{};
  std::uint64_t last_id_ = 0;
  std::size_t held_ = 0;  // bytes of bodies
  std::size_t streams_ = 0;
  const std::shared_ptr<PieceMemory> piece_memory_;
  bool draining_ = false;
  std::function<void()> on_drained_;
  std::chrono::sys_seconds date_time_{};
  std::string date_;
  std::vector<std::unique_ptr<net::TcpListener>> listeners_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> graves_;
  std::unique_ptr<net::Timer> sweep_timer_;
};

// Head → Body → Handling → (reply) → Head …, until somebody closes. With streams (connection_streams.cc):
// Head → Receiving → Handling → (reply) → Sending → Head.
class Connection final : public net::TcpHandler, public net::ReadingRoom {
 public:
  Connection(ServerState& server, std::uint64_t id, std::unique_ptr<net::TcpConnection> tcp, bool tls);
  ~Connection() override;
  void start() { tcp_->start(*this); }

  MutableBytes room() override;
  void on_data(net::TcpConnection& connection, Bytes data) override;
  void on_drained(net::TcpConnection& connection) override;
  void on_closed(net::TcpConnection& connection, const Error* why) override;

  void reply(Response&& response);
  void read_body(std::uint64_t request, IncomingBody::OnPiece on_piece);
  void send_piece(std::uint64_t request, Result<Piece> piece);
  void check_time(MonotonicTime now);
  void end_unless_handling();  // of a server that ends

 private:
  enum class Phase : std::uint8_t { Head, Body, Receiving, Handling, Sending, Closed };

  void read_on();  // handles what in_ holds, as far as it goes
  std::size_t consume(std::string_view bytes);
  std::size_t take_head(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  std::size_t take_chunks(std::string_view bytes);
  void begin_body();
  bool add_to_body(std::string_view piece);
  void release_body();
  void begin_stream();
  std::size_t take_streamed(std::string_view bytes);
  MutableBytes room_in_piece();
  void grow_piece(std::size_t size);
  void deliver();  // what the reader waits for, if it is there
  void fail_reader(std::string why);
  void end_stream();
  void begin_sending(Response&& response);
  void ask_for_piece();
  void send_on();
  void break_off();
  void finish_reply();
  void dispatch();
  void hand_over();
  void refuse(int status, std::string_view reason);
  // The head, and what is there of the body.
  void write(const Response& response, std::string_view body, bool close);
  void close();
  void keep(std::string_view input, std::size_t consumed);
  void set_deadline(Duration from_now);
  bool may_read() const;
  bool is_piece_full() const { return piece_.size == server_.limits().streamed_bytes_max; }
  std::size_t read_ahead_max() const;
  void resume();  // reading, if there is room

  ServerState& server_;
  std::uint64_t id_;
  std::unique_ptr<net::TcpConnection> tcp_;
  bool tls_;
  Phase phase_ = Phase::Head;
  bool consuming_ = false;
  bool keep_alive_ = true, head_only_ = false, http10_ = false;
  bool head_begun_ = false;  // some of the next head is here
  bool paused_ = false;
  bool peer_ended_ = false;
  std::string in_;  // received and not yet consumed
  http1::HeadEnd head_end_;
  http1::ChunkedDecoder chunks_;
  std::uint64_t body_left_ = 0;
  std::size_t held_ = 0;  // of ServerLimits::bodies_bytes_max, until the reply
  Request request_;
  std::uint64_t request_number_ = 0;
  // A body that arrives as a stream.
  bool streaming_ = false;  // counted by the server
  bool chunked_ = false;
  bool expect_continue_ = false;
  IncomingBody::OnPiece reader_;  // waits for a piece
  struct ArrivingPiece {
    std::shared_ptr<char[]> memory;
    std::size_t size = 0;
    bool last = false;
  } piece_;  // for it, or for who reads next
  // A body that is sent as one.
  std::shared_ptr<OutgoingBody> sending_;
  std::uint64_t to_send_ = 0;
  bool piece_asked_ = false;
  bool close_after_ = false;
  MonotonicTime deadline_;
  std::size_t unsent_ = 0;  // at the last look
  MonotonicTime unsent_since_{};
};

}  // namespace meridian::http
