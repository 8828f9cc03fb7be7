-- A browser's requests for random links. Arguments: host, links, longest pause between two requests of a connection (ms), first
-- letter of the links' paths, and 1 for requests that a proxy passes on, each for a visitor somewhere else.
local host, links, pause, letter, forwarded
local head = "Connection: keep-alive\r\n"
  .. 'sec-ch-ua: "Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"\r\n'
  .. "sec-ch-ua-mobile: ?0\r\n"
  .. 'sec-ch-ua-platform: "Windows"\r\n'
  .. "Upgrade-Insecure-Requests: 1\r\n"
  .. "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36\r\n"
  .. "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
  .. "application/signed-exchange;v=b3;q=0.7\r\n"
  .. "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Dest: document\r\n"
  .. "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n\r\n"

function init(arguments)
  host, links, pause, letter = arguments[1], tonumber(arguments[2]), tonumber(arguments[3]), arguments[4]
  forwarded = arguments[5] == "1"
  math.randomseed(42)
  head = " HTTP/1.1\r\nHost: " .. host .. "\r\n" .. head
  if pause > 0 then
    delay = function() return math.random(0, pause) end
  end
end

function request()
  local request = string.format("GET /%s%07d%s", letter, math.random(0, links - 1), head)
  if forwarded then
    local random = math.random
    request = string.format("%sX-Forwarded-For: %d.%d.%d.%d\r\n\r\n", request:sub(1, -3), random(1, 223), random(0, 255),
      random(0, 255), random(0, 255))
  end
  return request
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    "RESULT requests=%d microseconds=%d p50=%d p99=%d p999=%d max=%d failed=%d\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9), latency.max,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
