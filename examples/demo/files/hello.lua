-- Runs on no operating system: this file is in the image, used in place.
local name = io.open("/etc/motd"):read("a")
print(name .. _VERSION .. " in a unikernel")
local squares = {}
for i = 1, 10 do squares[i] = i * i end
print("squares: " .. table.concat(squares, " "))
print("clock: " .. os.date("!%Y-%m-%d", os.time()))
