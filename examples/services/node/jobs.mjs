import { Refusal, serveHttp } from "./http_service.mjs";

const jobs = new Map();

serveHttp("jobs", {
  "POST /jobs": ({ body }) => {
    const job = { id: `job-${jobs.size + 1}`, file: body.file, progress: 0 };
    jobs.set(job.id, job);
    return { id: job.id };
  },
  // A job gets a third of its work done between two looks.
  "GET /jobs/{id}": ({ id }) => {
    const job = jobs.get(id);
    if (job === undefined) throw new Refusal(404, `There is no job "${id}"`);
    job.progress = Math.min(100, job.progress + 34);
    return { ...job, state: job.progress < 100 ? "running" : "finished" };
  },
  "GET /jobs/{id}/result": ({ id }) => ({ id, rows: 1200 }),
});
