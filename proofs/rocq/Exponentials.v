(** Features with one layer of exponentials, over any field K that contains Q, at any t of K that is transcendental over Q.
    With t = e^(1/D) in the real numbers E = e^g(z) is t^(D g(z)); that e^(1/D) is transcendental is the theorem of
    Hermite. It is not used here: t is any transcendental element of any field. *)

From Coq Require Import List ZArith QArith Qreduction Lia Ring Setoid Morphisms.
From ExactCNN Require Import Numbers Ranks Residues Networks Factors.
Import ListNotations.
Local Open Scope Z_scope.

(** a_0 + a_1 t + a_2 t^2 + ... *)
Fixpoint at_t (K : numbers) (t : K) (p : list Z) : K :=
  match p with [] => zero | a :: p' => add (of_Q (inject_Z a)) (mul t (at_t K t p')) end.

(** No polynomial with integer coefficients vanishes at t, unless all of them are 0. *)
Definition transcendental (K : numbers) (eqv : K -> K -> Prop) (t : K) : Prop :=
  forall p : list Z, Exists (fun a => a <> 0) p -> ~ eqv (at_t K t p) zero.

Section Network.
  Variable K : numbers.
  Variable t : K.
  Variable D : positive.

  Fixpoint power_positive (x : K) (n : positive) : K :=
    match n with
    | xH => x
    | xO n' => let y := power_positive x n' in mul y y
    | xI n' => let y := power_positive x n' in mul x (mul y y)
    end.

  Definition power_integer (x : K) (n : Z) : K :=
    match n with Z0 => one | Zpos n' => power_positive x n' | Zneg n' => inv (power_positive x n') end.

  (** D g(z). *)
  Definition scaled_exponent (act : activation) (z : Q) : Q :=
    Qred (inject_Z (Zpos D) * fold_right (fun c s => c + z * s)%Q 0%Q (exponent act)).

  Definition exponential (act : activation) (z : Q) : K :=
    quotient K (piece_at (kinks act) (pieces act) ([], []) z) (of_Q z) (power_integer t (Qnum (scaled_exponent act z))).

  (** Layers above it have one piece without E each, and no maxima. *)
  Definition apply_one_piece (act : activation) (x : K) : K := quotient K (hd ([], []) (pieces act)) x one.

  Definition lifted (own : layer * parameters rationals) : layer * parameters K :=
    (fst own, Parameters (map (map of_Q) (weights (snd own))) (map of_Q (biases (snd own)))).

  Definition arguments (own : layer * parameters rationals) (x : list Q) : list Q :=
    match fst own with
    | Convolution patches T b _ => pre_activations rationals (snd own) patches T b x
    | _ => x
    end.

  Definition activation_of (own : layer * parameters rationals) : activation :=
    match fst own with
    | Convolution _ _ _ act => act
    | Elementwise act => act
    | _ => Activation [] [] []
    end.

  Definition row_from (own : layer * parameters rationals) (above : list (layer * parameters rationals)) (z : list Q) : list K :=
    evaluate K apply_one_piece (fun _ => zero) (map lifted above) (map (exponential (activation_of own)) z).

  (** Layers below it are over Q, layers above it over K. *)
  Definition exponential_features (below : list (layer * parameters rationals)) (own : layer * parameters rationals)
    (above : list (layer * parameters rationals)) (samples : list (list Q)) : matrix K :=
    map (fun x => row_from own above (arguments own (outputs below x))) samples.
End Network.

(** All D g(z) are integers. *)
Definition exponents_are_integers (D : positive) (below : list (layer * parameters rationals))
  (own : layer * parameters rationals) (samples : list (list Q)) : bool :=
  forallb (fun x => forallb (fun z => Pos.eqb (Qden (scaled_exponent D (activation_of own) z)) 1)
    (arguments own (outputs below x))) samples.

(** Relations that all operations respect hold between features, and between what is made of them. *)
Section Relation.
  Variables K L : numbers.
  Variable R : K -> L -> Prop.
  Hypothesis R_add : forall x y a b, R x a -> R y b -> R (add x y) (add a b).
  Hypothesis R_mul : forall x y a b, R x a -> R y b -> R (mul x y) (mul a b).
  Hypothesis R_inv : forall x a, R x a -> R (inv x) (inv a).
  Hypothesis R_of_Q : forall q, R (of_Q q) (of_Q q).
  Variables (t : K) (t' : L).
  Hypothesis R_t : R t t'.

  Lemma R_power_positive x a n : R x a -> R (power_positive K x n) (power_positive L a n).
  Proof.
    intro H. induction n; cbn [power_positive].
    - apply R_mul; [exact H | apply R_mul; exact IHn].
    - apply R_mul; exact IHn.
    - exact H.
  Qed.

  Lemma R_exponential D act z : R (exponential K t D act z) (exponential L t' D act z).
  Proof.
    apply (R_quotient K L R R_add R_mul R_inv R_of_Q); [apply R_of_Q |].
    unfold power_integer. destruct (Qnum (scaled_exponent D act z)).
    - apply R_of_Q.
    - apply R_power_positive. exact R_t.
    - apply R_inv. apply R_power_positive. exact R_t.
  Qed.

  Lemma R_row D own above z : Forall2 R (row_from K t D own above z) (row_from L t' D own above z).
  Proof.
    apply (R_evaluate K L R R_add R_mul R_of_Q).
    - intros act x a H. apply (R_quotient K L R R_add R_mul R_inv R_of_Q); [exact H | apply R_of_Q].
    - intros. apply R_of_Q.
    - induction above as [| [l p] above IH]; simpl; constructor; [| exact IH]. split; [reflexivity |].
      split; simpl; [| apply R_map; apply R_of_Q].
      induction (weights p); simpl; constructor; [apply R_map; apply R_of_Q | assumption].
    - apply R_map. intro. apply R_exponential.
  Qed.

  Lemma R_features D below own above samples :
    Forall2 (Forall2 R) (exponential_features K t D below own above samples) (exponential_features L t' D below own above samples).
  Proof. induction samples as [| x samples IH]; simpl; constructor; [apply R_row | exact IH]. Qed.
End Relation.

(** Polynomials in t, as the "integers" of a place. *)
Fixpoint list_add (p q : list Z) : list Z :=
  match p, q with a :: p', b :: q' => (a + b) :: list_add p' q' | [], _ => q | _, [] => p end.

Fixpoint list_mul (p q : list Z) : list Z :=
  match p with [] => [] | a :: p' => list_add (map (Z.mul a) q) (0 :: list_mul p' q) end.

Fixpoint horner (root : Z) (p : list Z) : Z := match p with [] => 0 | a :: p' => a + root * horner root p' end.

Lemma horner_add root p q : horner root (list_add p q) = horner root p + horner root q.
Proof. revert q. induction p as [| a p IH]; intros [| b q]; simpl; rewrite ?IH; ring. Qed.

Lemma horner_scale root a q : horner root (map (Z.mul a) q) = a * horner root q.
Proof. induction q as [| b q IH]; cbn [map horner]; rewrite ?IH; ring. Qed.

Lemma horner_mul root p q : horner root (list_mul p q) = horner root p * horner root q.
Proof.
  induction p as [| a p IH]; [reflexivity |]. cbn [list_mul horner].
  rewrite horner_add, horner_scale. cbn [horner]. rewrite IH. ring.
Qed.

Section Place.
  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Local Infix "==" := eqv (at level 70).
  Local Instance equality_instance : Equivalence eqv := equality K eqv laws.
  Local Instance add_instance : Proper (eqv ==> eqv ==> eqv) (@add K) := add_proper K eqv laws.
  Local Instance mul_instance : Proper (eqv ==> eqv ==> eqv) (@mul K) := mul_proper K eqv laws.
  Add Ring K_ring : (ring_laws K eqv laws) (setoid equality_instance (ring_proper K eqv laws)).
  Variable t : K.
  Hypothesis t_transcendental : transcendental K eqv t.

  Lemma at_t_add p q : at_t K t (list_add p q) == add (at_t K t p) (at_t K t q).
  Proof. revert q. induction p as [| a p IH]; intros [| b q]; simpl; try ring. rewrite IH, (of_Z_add K eqv laws). ring. Qed.

  Lemma at_t_scale a q : at_t K t (map (Z.mul a) q) == mul (of_Q (inject_Z a)) (at_t K t q).
  Proof. induction q as [| b q IH]; cbn [map at_t]; [ring | rewrite IH, (of_Z_mul K eqv laws); ring]. Qed.

  Lemma at_t_mul p q : at_t K t (list_mul p q) == mul (at_t K t p) (at_t K t q).
  Proof.
    induction p as [| a p IH]; [simpl; ring |]. cbn [list_mul]. rewrite at_t_add, at_t_scale. cbn [at_t].
    rewrite IH. change (of_Q (inject_Z 0)) with (zero : K). ring.
  Qed.

  Lemma t_not_zero : ~ t == zero.
  Proof.
    intro E. apply (t_transcendental [0; 1]); [right; left; discriminate |]. cbn [at_t]. rewrite E.
    change (of_Q (inject_Z 0)) with (zero : K). ring.
  Qed.

  Lemma power_positive_succ (n : positive) : power_positive K t (Pos.succ n) == mul t (power_positive K t n).
  Proof. induction n as [n IH | n IH |]; cbn [power_positive Pos.succ]; rewrite ?IH; ring. Qed.

  Lemma power_positive_not_zero (n : positive) : ~ power_positive K t n == zero.
  Proof.
    induction n as [n IH | n IH |]; cbn [power_positive]; repeat apply (product_not_zero K eqv laws); auto using t_not_zero.
  Qed.

  Lemma power_succ (e : Z) : power_integer K t (Z.succ e) == mul t (power_integer K t e).
  Proof.
    destruct e as [| n | n].
    - cbn. ring.
    - cbn. rewrite Pos.add_1_r. apply power_positive_succ.
    - pose proof (inverse K eqv laws _ (power_positive_not_zero n)) as I.
      destruct (Pos.eq_dec n 1) as [-> | N]; [symmetry; exact I |]. rewrite <- (Pos.succ_pred n N) in *.
      set (m := Pos.pred n) in *. replace (Z.succ (Z.neg (Pos.succ m))) with (Z.neg m) by lia. cbn [power_integer].
      apply (inverse_unique K eqv laws); [apply power_positive_not_zero |].
      transitivity (mul (mul t (power_positive K t m)) (inv (power_positive K t (Pos.succ m)))); [ring |].
      rewrite <- power_positive_succ. exact I.
  Qed.

  Lemma power_add (a b : Z) : power_integer K t (a + b) == mul (power_integer K t a) (power_integer K t b).
  Proof.
    induction a as [| a IH | a IH] using Z.peano_ind.
    - cbn. ring.
    - rewrite Z.add_succ_l, !power_succ, IH. ring.
    - apply (cancel K eqv laws t); [exact t_not_zero |]. transitivity (power_integer K t (a + b)).
      + rewrite <- power_succ. replace (Z.succ (Z.pred a + b)) with (a + b) by lia. reflexivity.
      + transitivity (mul (mul t (power_integer K t (Z.pred a))) (power_integer K t b)); [| ring].
        rewrite <- power_succ, Z.succ_pred. exact IH.
  Qed.

  Variables m root : Z.
  Hypothesis m_large : 1 < m.

  Definition place_at_t : place K eqv m.
  Proof.
    apply (fraction_place K eqv laws m m_large (list Z) list_add list_mul (fun z => [z]) (at_t K t) (horner root)).
    - exact at_t_add.
    - exact at_t_mul.
    - intro z. cbn [at_t]. ring.
    - exact (horner_add root).
    - exact (horner_mul root).
    - intro z. simpl. ring.
    - intros p H. apply t_transcendental. destruct (Exists_dec (fun a => a <> 0) p) as [E | N]; [| exact E |].
      + intro a. destruct (Z.eq_dec a 0); [right | left]; auto.
      + exfalso. apply H. exists 0. induction p as [| a p IH]; [reflexivity |].
        cbn [horner]. assert (A : a = 0) by (destruct (Z.eq_dec a 0); [assumption | exfalso; apply N; left; assumption]).
        assert (P : horner root p = 0 + 0 * m).
        { apply IH; [| intro E; apply N; right; exact E]. intros [k E]. apply H. exists (root * k). cbn [horner].
          rewrite A, E. ring. }
        rewrite A, P. ring.
  Defined.

  Lemma t_has_root : has place_at_t t root.
  Proof.
    exists [0; 1], [1], 1. cbn [at_t horner]. repeat split.
    - change (of_Q (inject_Z 1)) with (one : K). change (of_Q (inject_Z 0)) with (zero : K). ring.
    - exists 0. ring.
    - exists 0. ring.
  Qed.
End Place.

(** The test for r independent rows. *)
Definition exponential_minor_is_regular (D : positive) below own above samples (m root : Z) (rows columns : list nat) : bool :=
  (1 <? m) && regular m (length rows) (map (columns_of columns) (selected rows
    (exponential_features (residues m) (Some root) D below own above samples))).

Theorem exponential_rank_by_minor D below own above samples m root rows columns :
  exponential_minor_is_regular D below own above samples m root rows columns = true ->
  forall (K : numbers) (eqv : K -> K -> Prop), field_over_Q K eqv -> forall t : K, transcendental K eqv t ->
  rank_at_least eqv (exponential_features K t D below own above samples) (length rows).
Proof.
  intros H K eqv laws t T. apply andb_prop in H. destruct H as [M G].
  apply Z.ltb_lt in M. exists rows. split; [reflexivity |].
  apply (independent_on_columns K eqv laws columns).
  set (P := place_at_t K eqv laws t T m root M).
  refine (independent_by_residues K eqv laws m P _ _ _ _ G). clear G.
  apply R_each; [intros row row'; apply R_columns; apply (related_of_Q K eqv m P) |].
  apply R_selected. apply R_features.
  - apply related_add.
  - apply related_mul.
  - apply related_inv.
  - apply related_of_Q.
  - apply t_has_root.
Qed.

Theorem exponential_rank_by_rows D below own above samples r : Nat.eqb (length samples) r = true ->
  forall (K : numbers) (eqv : K -> K -> Prop), field_over_Q K eqv -> forall t : K, transcendental K eqv t ->
  rank_at_most eqv (exponential_features K t D below own above samples) r.
Proof.
  intros H K eqv laws t _. apply Nat.eqb_eq in H. subst r.
  rewrite <- (map_length (fun x => row_from K t D own above (arguments own (outputs below x))) samples).
  apply (rank_at_most_rows K eqv laws).
Qed.

Theorem exponential_rank_by_columns D below own above samples r :
  forallb (fun x => Nat.leb (length (row_from (residues 2) None D own above (arguments own (outputs below x)))) r) samples = true ->
  forall (K : numbers) (eqv : K -> K -> Prop), field_over_Q K eqv -> forall t : K, transcendental K eqv t ->
  rank_at_most eqv (exponential_features K t D below own above samples) r.
Proof.
  intros H K eqv laws t _. apply (rank_at_most_columns K eqv laws). rewrite forallb_forall in H.
  apply Forall_forall. intros row I. apply in_map_iff in I. destruct I as (x & <- & I). apply H in I.
  apply Nat.leb_le in I. eapply Nat.le_trans; [| exact I]. apply Nat.eq_le_incl.
  (* rows have the same length whatever the numbers are *)
  apply (same_length (fun (_ : K) (_ : residues 2) => True)). apply R_row; intros; exact Logic.I.
Qed.
