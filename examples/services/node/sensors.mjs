import { setTimeout as delay } from "node:timers/promises";
import { serveGrpc } from "./grpc_service.mjs";

const LIMIT = 30;

/** Writes the line that says what came in. */
function log(call, input) {
  console.log(JSON.stringify({ service: "sensors", call, input, status: "OK", at: Date.now() }));
}

serveGrpc("sensors", {
  proto: "sensors.proto",
  service: "sensors.v1.SensorService",
  streams: {
    // An oven that gets 4 °C warmer with each reading, for as long as somebody listens.
    async Watch(call) {
      let sent = 0;
      call.on("cancelled", () => log("Watch", { ...call.request, sent }));
      for (; !call.cancelled && sent < 1000; sent++) {
        call.write({ sensor: call.request.sensor, celsius: 20 + 4 * sent });
        await delay(5);
      }
      call.end();
    },
    Record(call, callback) {
      const readings = [];
      call.on("data", (reading) => readings.push(reading.celsius));
      call.on("end", () => {
        log("Record", readings);
        const average = readings.reduce((sum, celsius) => sum + celsius, 0) / readings.length;
        callback(null, { count: readings.length, highest: Math.max(...readings), average });
      });
    },
    Check(call) {
      call.on("data", ({ celsius }) => {
        log("Check", celsius);
        call.write({ celsius, alarm: celsius > LIMIT });
      });
      call.on("end", () => call.end());
    },
  },
});
