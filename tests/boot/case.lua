print(_VERSION, 1 + 1, 10 // 3, 2 ^ 53, math.pi)
local t = {}
for i = 1, 200000 do t[i] = (i * 7919) % 100003 end
table.sort(t)
print(#t, t[1], t[#t], t[100000])
local s = {}
for w in ("the quick brown fox"):gmatch("%a+") do s[#s + 1] = w:upper() end
print(table.concat(s, "-"), ("x"):rep(5), string.format("%5.2f|%-6s|%x", 2.5, "ab", 255))
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
print(co(), co(), co())
print(pcall(error, { code = 1 }), select("#", pcall(string.rep, "x", -1)))
local name = os.tmpname()
local f = assert(io.open(name, "w"))
for i = 1, 1000 do f:write(i, "\n") end
f:close()
local sum = 0
for line in io.lines(name) do sum = sum + tonumber(line) end
print(sum, os.remove(name), io.open(name) == nil)
print(io.open("/no/such/file"))
print(os.time { year = 2026, month = 1, day = 2, hour = 12 }, os.getenv("HOME"))
collectgarbage()
io.stderr:write("to standard error\n")
os.exit(42)
