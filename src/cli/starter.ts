/** The workflow that `maestro init` writes. It runs as it is, without any service. */
export const STARTER_WORKFLOW = `# yaml-language-server: $schema=./workflow.schema.json
#
# A first workflow. It runs as it is:
#
#   maestro execute workflow.yaml --input @input.json
#   maestro execute workflow.yaml --set name=Ada --set 'items=[{"sku":"pen","price":2,"count":3}]'
#   maestro graph workflow.yaml
#
# The output is printed on standard output as JSON, everything else on standard error.

name: first_workflow
version: "1.0"
description: Adds up an order and greets the customer.

# The input is checked before anything runs.
input_schema:
  type: object
  required: [name, items]
  properties:
    name: { type: string }
    items:
      type: array
      items:
        type: object
        required: [sku, price, count]

# Services are what a workflow calls: over gRPC, or over HTTP like this one. Take the comment marks away, here and at
# the step "reserve", once a service listens there.
#
# services:
#   stock:
#     type: http
#     endpoint: "http://127.0.0.1:8080"
#     timeout: 5s
#     retry: { attempts: 3 }

steps:
  # Text between {{ and }} is an expression. A value that is one expression keeps its type.
  - id: lines
    foreach: "{{ .input.items }}"
    as: line
    steps:
      - set: { amount: "{{ .line.price * .line.count }}" }
    collect: "{{ .amount }}"
    output: amounts

  - set:
      total: "{{ sum(.amounts) }}"

  # What fails is tried again, and when the workflow fails later, what is done is undone: the last first.
  #
  # - id: reserve
  #   service: stock
  #   method: POST /reservations
  #   input: { items: "{{ .input.items }}" }
  #   output: reservation
  #   compensate:
  #     method: DELETE /reservations/{{ .reservation.id }}

  - when: "{{ .total > 100 }}"
    log: "A big order: {{ .total }}"

output:
  greeting: "Thank you, {{ .input.name }}"
  total: "{{ .total }}"
  lines: "{{ .amounts }}"
`;

/** An input for that workflow. */
export const STARTER_INPUT = `{
  "name": "Ada",
  "items": [
    { "sku": "pen", "price": 2.5, "count": 4 },
    { "sku": "book", "price": 30, "count": 1 }
  ]
}
`;
