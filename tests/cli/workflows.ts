/** A saga over an HTTP service called `shop`: three steps with undos, of which the third or an undo may be made to fail. */
export function sagaWorkflow(endpoint = "http://127.0.0.1:9"): string {
  return `name: order
version: "1.0"
services:
  shop:
    type: http
    endpoint: "${endpoint}"
    retry: { attempts: 2, initial: 1ms }
steps:
  - id: reserve
    service: shop
    method: POST /reserve
    output: reservation
    compensate: { method: "DELETE /reserve/{{ .reservation.id }}", retry: { attempts: 1 } }
  - id: pay
    service: shop
    method: POST /pay
    output: payment
    compensate: { method: "DELETE /pay/{{ .payment.id }}", retry: { attempts: 1 } }
  - id: ship
    service: shop
    method: POST /ship
    output: shipment
output:
  order: "{{ .input.order }}"
  shipment: "{{ .shipment.id }}"
`;
}
