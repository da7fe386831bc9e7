import { SLOW_DOCUMENTS, testDocument } from "./test_document.ts";

for (const path of SLOW_DOCUMENTS) testDocument(path);
