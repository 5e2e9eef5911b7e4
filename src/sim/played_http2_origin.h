// For tests: an origin of HTTP/2 in the virtual network, which says what the test has it say, frame by frame.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "formats/http2/hpack.h"
#include "formats/http2/session.h"
#include "sim/virtual_network.h"

namespace meridian::sim {

class PlayedHttp2Origin {
 public:
  class Visit;
  struct Heard {
    http2::FrameHead head;
    std::string payload;
    bool is(http2::FrameType type) const { return head.type == type; }
  };
  using OnFrame = std::function<void(Visit& visit, const Heard& frame)>;
  using Fields = std::vector<std::pair<std::string, std::string>>;

  PlayedHttp2Origin(VirtualNetwork& network, const net::Address& address, OnFrame on_frame,
                    std::string settings = "")
      : on_frame_(std::move(on_frame)), settings_(std::move(settings)) {
    listener_ =
        network.listen_tcp(address, {}, nullptr, [this](auto tcp) { accept(std::move(tcp)); }).value();
  }

  static std::string frame(http2::FrameType type, std::uint8_t flags, std::uint32_t stream,
                           std::string_view payload) {
    std::string out;
    http2::append_frame_head(
        out,
        {.size = static_cast<std::uint32_t>(payload.size()), .type = type, .flags = flags, .stream = stream});
    return out + std::string(payload);
  }
  static std::string block(const Fields& fields) {
    std::string out;
    for (const auto& [name, value] : fields) {
      out += '\0';
      http2::append_integer(out, 0, 7, name.size());
      out += name;
      http2::append_integer(out, 0, 7, value.size());
      out += value;
    }
    return out;
  }
  static std::string headers(std::uint32_t stream, bool last, const Fields& fields) {
    return frame(http2::FrameType::Headers,
                 static_cast<std::uint8_t>(http2::kEndHeaders | (last ? http2::kEndStream : 0)), stream,
                 block(fields));
  }
  static std::string data(std::uint32_t stream, bool last, std::string_view bytes) {
    return frame(http2::FrameType::Data, last ? http2::kEndStream : std::uint8_t{0}, stream, bytes);
  }
  static std::string ok(std::uint32_t stream, std::string_view body) {
    return headers(stream, false, {{":status", "200"}}) + data(stream, true, body);
  }
  static std::string u32(std::uint32_t value) {
    std::string out;
    http2::append_u32(out, value);
    return out;
  }
  static std::string setting(http2::Setting setting, std::uint32_t value) {
    std::string out;
    http2::append_setting(out, setting, value);
    return out;
  }
  static std::string reset(std::uint32_t stream, http2::ErrorCode code) {
    std::string out;
    http2::append_rst_stream(out, stream, code);
    return out;
  }
  static std::string go_away(std::uint32_t last, http2::ErrorCode code) {
    std::string out;
    http2::append_go_away(out, last, code);
    return out;
  }

  // One connection; it hears whole frames.
  class Visit final : public net::TcpHandler {
   public:
    Visit(PlayedHttp2Origin& origin, std::unique_ptr<net::TcpConnection> tcp)
        : origin_(origin), tcp_(std::move(tcp)) {
      tcp_->start(*this);
      say(frame(http2::FrameType::Settings, 0, 0, origin_.settings_));
    }
    void say(std::string bytes) {
      if (tcp_) tcp_->write(std::move(bytes));
    }
    void close() { tcp_.reset(); }

    std::string body_of(std::uint32_t stream) const {
      std::string body;
      for (const Heard& each : heard)
        if (each.is(http2::FrameType::Data) && each.head.stream == stream) body += each.payload;
      return body;
    }
    // Of the last such frame; NoError: there was none.
    http2::ErrorCode code_of(http2::FrameType type) const {
      http2::ErrorCode code = http2::ErrorCode::NoError;
      for (const Heard& each : heard)
        if (each.is(type))
          code = static_cast<http2::ErrorCode>(
              http2::read_u32(std::string_view(each.payload).substr(each.payload.size() - 4)));
      return code;
    }
    std::size_t count(http2::FrameType type) const {
      return static_cast<std::size_t>(
          std::ranges::count_if(heard, [type](const Heard& each) { return each.is(type); }));
    }

    std::vector<Heard> heard;
    bool left = false;  // by the peer

   private:
    void on_data(net::TcpConnection&, Bytes data) override {
      in_ += as_text(data);
      if (!begun_) {
        if (in_.size() < http2::kPreface.size()) return;
        begun_ = true;
        in_.erase(0, http2::kPreface.size());
      }
      while (in_.size() >= http2::kFrameHeadBytes) {
        const http2::FrameHead head = http2::read_frame_head(in_);
        if (in_.size() < http2::kFrameHeadBytes + head.size) return;
        heard.push_back({head, in_.substr(http2::kFrameHeadBytes, head.size)});
        in_.erase(0, http2::kFrameHeadBytes + head.size);
        const Heard frame = heard.back();
        origin_.on_frame_(*this, frame);
      }
    }
    void on_closed(net::TcpConnection&, const Error*) override {
      left = true;
      tcp_.reset();
    }

    PlayedHttp2Origin& origin_;
    std::unique_ptr<net::TcpConnection> tcp_;
    std::string in_;
    bool begun_ = false;
  };

  std::deque<std::unique_ptr<Visit>> visits;

 private:
  void accept(std::unique_ptr<net::TcpConnection> tcp) {
    visits.push_back(std::make_unique<Visit>(*this, std::move(tcp)));
  }

  OnFrame on_frame_;
  const std::string settings_;
  std::unique_ptr<net::TcpListener> listener_;
};

}  // namespace meridian::sim
