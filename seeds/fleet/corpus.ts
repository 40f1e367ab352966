import type { Page } from "./documents";

/** The handbook of a small, invented shipping company: what Research agents read. */
export const CORPUS: readonly Page[] = [
  { title: "Refund policy", text: "Customers may return unopened goods within thirty days. The refund covers the price and, where the mistake was ours, the postage. Opened goods are credited at seventy percent after inspection at the depot." },
  { title: "Delivery times", text: "Parcels for the mainland arrive within two working days, parcels for the islands within five. In December the carrier adds one day. A parcel that is two days late counts as delayed and the customer is told." },
  { title: "Damaged parcels", text: "A damaged parcel is photographed on arrival, kept for ten days and reported to the carrier. The customer gets a replacement at once; whether the carrier pays is settled afterwards and is no concern of theirs." },
  { title: "Warehouse safety", text: "Aisles stay clear, forklifts give way to people, and nobody lifts more than twenty kilograms alone. Every shift starts with a walk through the hall. Near misses are written down the same day." },
  { title: "Customs papers", text: "Shipments outside the customs union need an invoice in three copies, a tariff number for every item and a declaration of origin. Missing papers hold a container for four days on average." },
  { title: "Price list rules", text: "Prices change on the first Monday of a quarter. Contract customers keep their price for a year. A discount above fifteen percent needs the signature of the sales lead and a reason in the order." },
  { title: "Night shift", text: "The night shift packs what was ordered before ten in the evening. Two people and one supervisor suffice below nine hundred orders; above that a third packer is called from the standby list." },
  { title: "Returns desk", text: "Returned goods are scanned, weighed and sorted into three shelves: sell again, repair, write off. The desk aims to decide within one day. What stays undecided for a week goes to the supervisor." },
  { title: "Carrier contracts", text: "Three carriers share the volume. The cheapest takes small parcels, the fastest takes islands and spare parts, the third takes pallets. Contracts run for two years and are compared each spring." },
  { title: "Data retention", text: "Addresses are kept for as long as a warranty runs, at most three years. Invoices are kept for ten. Whoever asks what we hold about them gets an answer within two weeks, free of charge." },
  { title: "Complaint handling", text: "A complaint is answered within one working day by a person with a name. If the answer needs more time, the customer hears when it will come. Three complaints about one item stop its sale until it was checked." },
  { title: "Cold chain", text: "Chilled goods travel at two to eight degrees with a logger in each box. A box that was warmer for over thirty minutes is destroyed. Loggers are read at the dock and the curves are kept for a year." },
  { title: "Fuel surcharge", text: "The surcharge follows the published diesel price with a lag of one month. It is shown as its own line on the invoice. Contracts with a fixed price carry none, whatever the price of fuel does." },
  { title: "Supplier rating", text: "Suppliers are rated each month on punctuality, quality and paper work, five points each. Below nine points they get a visit; below six for a quarter they are replaced if another source exists." },
  { title: "Training plan", text: "New packers learn for three days beside an experienced one. Forklift drivers renew their licence every two years. Office staff spend one day a year in the hall, so that they know what they sell." },
  { title: "Invoice disputes", text: "A disputed invoice stops the reminder clock. Accounting compares order, delivery note and invoice; the first difference found is put right. Disputes over fifty days old go to the head of finance." },
  { title: "Packaging", text: "Boxes come in six sizes and paper replaces plastic wherever the weight allows. A box filled below half is a mistake. Customers return about one box in five, and these are used again up to four times." },
  { title: "Peak season", text: "From mid November to the end of December volume doubles. Holidays are closed, temporary staff come from two agencies, and the last order for delivery before the feast is taken on the nineteenth." },
  { title: "Insurance cover", text: "Goods are insured from our ramp to the customer's door up to four thousand a parcel. Jewellery and documents are excluded. A claim needs photographs, the delivery note and a statement within a week." },
  { title: "Incident reports", text: "An incident report says what was seen, when, by whom and what was done at once. Causes are added later by someone who was not involved. Reports are read aloud at the Friday meeting." },
]; // prettier-ignore
